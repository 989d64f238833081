#pragma once
#include "core/experiments/catalog.h"

namespace fw {

/// Can the smallest autoencoder give back the few pictures it is shown?
ExperimentKind reconstructionSanity();

}  // namespace fw
