#pragma once
#include <torch/torch.h>

#include <vector>

namespace fw {

/// Two 3×3 convolutions, each rectified and, if asked for, normalised over the batch.
struct DoubleConvImpl : torch::nn::Module {
  DoubleConvImpl(int64_t in, int64_t out, bool normalise);
  torch::Tensor forward(torch::Tensor x);
  torch::nn::Conv2d conv1, conv2;
  torch::nn::BatchNorm2d norm1{nullptr}, norm2{nullptr};
};
TORCH_MODULE(DoubleConv);

struct UNetOptions {
  int64_t in = 1, out = 1;
  std::vector<int64_t> widths = {16, 32, 64, 128};  ///< channels at full size, half size, quarter size …
  bool normalise = true;  ///< not where pictures of very different strength meet in a batch
};

/// U-Net (Ronneberger 2015) for pictures of any size; the output is linear.
struct UNetImpl : torch::nn::Module {
  explicit UNetImpl(UNetOptions options);
  torch::Tensor forward(torch::Tensor x);
  torch::nn::ModuleList down, enlarge, up;
  torch::nn::Conv2d last{nullptr};
};
TORCH_MODULE(UNet);

}  // namespace fw
