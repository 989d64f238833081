#pragma once
#include "core/experiments/catalog.h"

namespace fw {

/// Learning to make the frame between two frames: the training of the engine `swift`.
ExperimentKind interpolation();

}  // namespace fw
