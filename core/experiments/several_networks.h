#pragma once
#include <torch/torch.h>

#include <string>

namespace fw {

/// An Experiment that trains networks beside each other: exampleOutput() is of its first one only.
class SeveralNetworks {
 public:
  virtual ~SeveralNetworks() = default;
  /// What this one of its modules makes of exampleInput(), with gradients.
  virtual torch::Tensor exampleOutputOf(const std::string& module) = 0;
};

}  // namespace fw
