#pragma once
#include "core/experiments/catalog.h"

namespace fw {

/// What is in the picture: a convolutional and a dense network on the same pictures.
ExperimentKind cnnClassifier();

}  // namespace fw
