#pragma once
#include "core/experiments/catalog.h"

namespace fw {

/// The frame between two frames as the inverse of averaged codes.
ExperimentKind glowUnet();

}  // namespace fw
