#pragma once
#include <torch/torch.h>

#include <vector>

namespace fw {

/// The "first attempt" at completing a picture: convolutions of stride 2 down to a few pixels, transposed
/// convolutions back up, nothing between (awong234/torch-for-image-and-video, nn.py). The widths there were
/// 64, 128, 256, 512, 4000.
struct InpaintingNetImpl : torch::nn::Module {
  InpaintingNetImpl(int64_t in, std::vector<int64_t> widths);
  torch::Tensor forward(torch::Tensor x);  ///< 0 … 1, the size of x
  torch::nn::ModuleList conv, deconv;
};
TORCH_MODULE(InpaintingNet);

}  // namespace fw
