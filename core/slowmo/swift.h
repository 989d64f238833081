#pragma once
#include "core/slowmo/engine.h"

namespace fw {

/// Classical flow's guesses, mixed by a small network that has learned from real clips which of them to
/// believe. Bundled weights; "weights" takes those of a run of the experiment `interpolation`.
EngineKind swiftEngine();

}  // namespace fw
