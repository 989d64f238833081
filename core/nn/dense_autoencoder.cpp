#include "core/nn/dense_autoencoder.h"

namespace fw {
namespace {

constexpr double kSlope = 0.3;

torch::nn::Linear glorotLinear(int64_t in, int64_t out) {
  torch::nn::Linear layer(in, out);
  torch::nn::init::xavier_uniform_(layer->weight);
  torch::nn::init::zeros_(layer->bias);
  return layer;
}

}  // namespace

DenseAutoencoderImpl::DenseAutoencoderImpl(int64_t channels, int64_t height, int64_t width,
                                           int64_t bottleneck) {
  const int64_t pixels = channels * height * width;
  encoder_ = register_module("encoder", glorotLinear(pixels, bottleneck));
  decoder_ = register_module("decoder", glorotLinear(bottleneck, pixels));
}

torch::Tensor DenseAutoencoderImpl::forward(const torch::Tensor& pictures) {
  const auto few = torch::leaky_relu(encoder_->forward(pictures.flatten(1)), kSlope);  // [N, bottleneck]
  return torch::leaky_relu(decoder_->forward(few), kSlope).view_as(pictures);
}

}  // namespace fw
