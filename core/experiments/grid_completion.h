#pragma once
#include "core/experiments/catalog.h"

namespace fw {

/// Filling a hole in a regular pattern: what must be known of a picture to continue it.
ExperimentKind gridCompletion();

}  // namespace fw
