#include "core/nn/denoising_autoencoders.h"

#include "core/nn/conv_transpose.h"
#include "core/nn/he_initialisation.h"

namespace fw {
namespace nn = torch::nn;

DenoisingDenseImpl::DenoisingDenseImpl()
    : encoder(nn::Linear(784, 512), nn::ReLU(), nn::Linear(512, 256), nn::ReLU(), nn::Linear(256, 128),
              nn::ReLU(), nn::Linear(128, 64), nn::ReLU()),
      decoder(nn::Linear(64, 128), nn::ReLU(), nn::Linear(128, 256), nn::ReLU(), nn::Linear(256, 512),
              nn::ReLU(), nn::Linear(512, 784), nn::Sigmoid()) {
  register_module("encoder", encoder);
  register_module("decoder", decoder);
  initialiseForRectifiers(*this);
}

torch::Tensor DenoisingDenseImpl::forward(torch::Tensor x) {
  return decoder->forward(encoder->forward(x.flatten(1))).view({-1, 1, 28, 28});
}

DenoisingConvImpl::DenoisingConvImpl()
    : encoder(nn::Conv2d(nn::Conv2dOptions(1, 64, 3).padding(1)), nn::ReLU(), nn::MaxPool2d(2),  // 64 × 14²
              nn::Conv2d(nn::Conv2dOptions(64, 32, 3).padding(1)), nn::ReLU(), nn::MaxPool2d(2),  // 32 × 7²
              nn::Conv2d(nn::Conv2dOptions(32, 16, 3).padding(1)), nn::ReLU(), nn::MaxPool2d(2)),  // 16 × 3²
      decoder(ConvTranspose2d(nn::ConvTranspose2dOptions(16, 32, 3).stride(2)), nn::ReLU(),  // 32 × 7²
              ConvTranspose2d(nn::ConvTranspose2dOptions(32, 64, 2).stride(2)), nn::ReLU(),  // 64 × 14²
              ConvTranspose2d(nn::ConvTranspose2dOptions(64, 1, 2).stride(2)), nn::Sigmoid()) {
  register_module("encoder", encoder);
  register_module("decoder", decoder);
  initialiseForRectifiers(*this);
}

torch::Tensor DenoisingConvImpl::forward(torch::Tensor x) { return decoder->forward(encoder->forward(x)); }

}  // namespace fw
