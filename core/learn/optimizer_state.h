#pragma once
#include "core/learn/safetensors.h"

namespace fw {

/// Everything an optimiser remembers (moments, momentum, step counts, learning rates) as named tensors below
/// `prefix`, and back. Knows Adam, AdamW, SGD, RMSprop and Adagrad.
void saveOptimizer(torch::optim::Optimizer& optimizer, const std::string& prefix, TensorMap& into);
/// Throws Error when `from` does not fit the optimiser.
void restoreOptimizer(torch::optim::Optimizer& optimizer, const std::string& prefix, const TensorMap& from);

}  // namespace fw
