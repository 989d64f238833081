#pragma once
#include "core/experiments/catalog.h"

namespace fw {

/// The next frame of sequences that are learned by heart.
ExperimentKind nextFrameSanity();
/// The next frame of sequences never seen.
ExperimentKind nextFrameGeneral();

}  // namespace fw
