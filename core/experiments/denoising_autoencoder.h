#pragma once
#include "core/experiments/catalog.h"

namespace fw {

/// Giving back a clean picture for a noisy one, through a bottleneck too narrow for the noise.
ExperimentKind denoisingAutoencoder();

}  // namespace fw
