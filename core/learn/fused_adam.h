#pragma once
#include <torch/torch.h>

namespace fw {

/// Adam (Kingma 2015) in one pass over the memory. LibTorch's own goes over it about ten times, which on a
/// processor costs a small dense network half of its step. The same state, and the same numbers but for
/// rounding; what is not on the processor in 32 bit, or uses amsgrad, is left to LibTorch.
class FusedAdam : public torch::optim::Adam {
 public:
  using torch::optim::Adam::Adam;
  torch::Tensor step(LossClosure closure = nullptr) override;
};

/// Likewise AdamW (Loshchilov 2019).
class FusedAdamW : public torch::optim::AdamW {
 public:
  using torch::optim::AdamW::AdamW;
  torch::Tensor step(LossClosure closure = nullptr) override;
};

}  // namespace fw
