#pragma once
#include "core/slowmo/engine.h"

namespace fw {

/// Our own learned interpolation: classical flow corrected by a small network that also chooses, for every
/// pixel, which frame to believe. Bundled weights; "weights" takes those of a run of the experiment
/// `interpolation`.
EngineKind swiftEngine();

}  // namespace fw
