#pragma once
#include <torch/torch.h>

#include <vector>

namespace fw {

/// Latent codes of a picture, finest first: what leaves the flow at 1/2, 1/4 … of the size.
struct GlowCode {
  std::vector<torch::Tensor> levels;
  torch::Tensor logDeterminant;  ///< [N]: ln |dz/dx|
};

struct GlowUNetOptions {
  int64_t levels = 3;
  int64_t steps = 3;   ///< of flow, at each level
  int64_t width = 48;  ///< channels inside the couplings
  int64_t told = 6;    ///< channels of what the couplings are told, beside the time; 0: they are alone
};

/// Glow (Kingma 2018) in the shape of a U-Net (after UGLOW, arXiv 2103.09576): space becomes depth on the way
/// down, half of the channels leave at every level as the code of that level, and the way back up meets them
/// again like skips. Everything on the way can be undone exactly. It begins as a rotation of colours, so that
/// the inverse of averaged codes is the average of the pictures.
struct GlowUNetImpl : torch::nn::Module {
  explicit GlowUNetImpl(GlowUNetOptions options);

  /// `times` says for each picture where it lies between the outer frames, 0 … 1. `told` [N, channels, H, W]
  /// and the times are ignored by couplings that are alone; `pictures` may be several batches of N, one
  /// behind the other. Sides are multiples of 2^levels.
  GlowCode encode(const torch::Tensor& pictures, const torch::Tensor& told, const torch::Tensor& times);
  torch::Tensor decode(const std::vector<torch::Tensor>& levels, const torch::Tensor& told,
                       const torch::Tensor& times);
  /// The frame between: the inverse of the averaged codes. `told` begins with the two outer frames.
  torch::Tensor forward(const torch::Tensor& told);

  GlowUNetOptions options;
  torch::nn::ModuleList flows, context;

 private:
  std::vector<torch::Tensor> contextOf(const torch::Tensor& told, const torch::Tensor& times);
};
TORCH_MODULE(GlowUNet);

}  // namespace fw
