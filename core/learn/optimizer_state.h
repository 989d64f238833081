#pragma once
#include <sstream>
#include <string>
#include <type_traits>

#include "core/learn/safetensors.h"

namespace fw {

/// Everything an optimiser remembers (moments, momentum, step counts, learning rates) as named tensors below
/// `prefix`, and back. Knows Adam, AdamW, SGD, RMSprop and Adagrad.
void saveOptimizer(torch::optim::Optimizer& optimizer, const std::string& prefix, TensorMap& into);
/// Throws Error when `from` does not fit the optimiser.
void restoreOptimizer(torch::optim::Optimizer& optimizer, const std::string& prefix, const TensorMap& from);

/// Where an optimiser keeps what it remembers of a parameter: LibTorch 1.13 under the tensor's address as
/// text, LibTorch 2 under the address itself.
template <class States>
typename States::key_type stateKey(const States&, const torch::Tensor& parameter) {
  if constexpr (std::is_same_v<typename States::key_type, std::string>) {
    std::ostringstream address;
    address << parameter.unsafeGetTensorImpl();
    return address.str();
  } else {
    return parameter.unsafeGetTensorImpl();
  }
}

}  // namespace fw
