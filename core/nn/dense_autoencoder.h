#pragma once
#include <torch/torch.h>

namespace fw {

/// Flatten → dense `bottleneck` → LeakyReLU → dense C·H·W → LeakyReLU → reshape: the smallest network that
/// can remember pictures. Initialised as Keras does (Glorot uniform, zero bias), whose slope of 0.3 it also
/// has.
class DenseAutoencoderImpl : public torch::nn::Module {
 public:
  DenseAutoencoderImpl(int64_t channels, int64_t height, int64_t width, int64_t bottleneck);
  torch::Tensor forward(const torch::Tensor& pictures);  ///< [N, C, H, W] to the same

 private:
  torch::nn::Linear encoder_{nullptr}, decoder_{nullptr};
};
TORCH_MODULE(DenseAutoencoder);

}  // namespace fw
