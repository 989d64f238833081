#pragma once
#include <torch/torch.h>

#include "core/nn/unet.h"

/// Networks that tell the next frame from the last ones: [N, T, C, H, W] to [N, C, H, W]. All begin from
/// "nothing changes" and learn what does.
namespace fw {

/// A U-Net over all frames at once.
struct DirectPredictorImpl : torch::nn::Module {
  DirectPredictorImpl(int64_t frames, int64_t channels, int64_t width);
  torch::Tensor forward(const torch::Tensor& frames);
  UNet net;
};
TORCH_MODULE(DirectPredictor);

/// A convolutional gated recurrent unit (Ballas 2016) at half size reads one frame after another; works for
/// any number of them.
struct RecurrentPredictorImpl : torch::nn::Module {
  RecurrentPredictorImpl(int64_t channels, int64_t width);
  torch::Tensor forward(const torch::Tensor& frames);
  torch::nn::Conv2d encode1, encode2, gates, candidate, decode1, decode2;

 private:
  /// The same as with a memory of zeros, without the multiplications by them.
  torch::Tensor firstMemory(const torch::Tensor& seen);
};
TORCH_MODULE(RecurrentPredictor);

/// A U-Net says how each pixel of the last frame moves on, and where that cannot be right, what to paint
/// instead.
struct FlowPredictorImpl : torch::nn::Module {
  FlowPredictorImpl(int64_t frames, int64_t channels, int64_t width);
  torch::Tensor forward(const torch::Tensor& frames);
  UNet net;
};
TORCH_MODULE(FlowPredictor);

}  // namespace fw
