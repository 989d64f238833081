#pragma once
#include "core/experiments/catalog.h"

namespace fw {

/// A tiny network trained on the very clip whose frame rate is to be doubled.
ExperimentKind clipUnet();

}  // namespace fw
