#pragma once
#include <torch/torch.h>

namespace fw {

/// 784-512-256-128-64 and back, for pictures of 28 × 28: 1,149,520 weights. 0 … 1 in and out.
struct DenoisingDenseImpl : torch::nn::Module {
  DenoisingDenseImpl();
  torch::Tensor forward(torch::Tensor x);
  torch::nn::Sequential encoder, decoder;
};
TORCH_MODULE(DenoisingDense);

/// Three convolutions with pooling to 16 × 3 × 3 = 144 numbers, three transposed ones back: 36,881 weights.
struct DenoisingConvImpl : torch::nn::Module {
  DenoisingConvImpl();
  torch::Tensor forward(torch::Tensor x);
  torch::nn::Sequential encoder, decoder;
};
TORCH_MODULE(DenoisingConv);

}  // namespace fw
