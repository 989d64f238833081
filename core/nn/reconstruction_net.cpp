#include "core/nn/reconstruction_net.h"

#include "core/base/error.h"
#include "core/nn/conv_transpose.h"

namespace fw {
namespace {

constexpr double kSlope = 0.3;  // Keras's LeakyReLU

torch::nn::Conv2d halving(int64_t in, int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 5).stride(2).padding(2));
}

ConvTranspose2d doubling(int64_t in, int64_t out) {
  return ConvTranspose2d(
      torch::nn::ConvTranspose2dOptions(in, out, 5).stride(2).padding(2).output_padding(1));
}

torch::Tensor leaky(const torch::Tensor& x) { return torch::leaky_relu(x, kSlope); }

}  // namespace

ReconstructionOptions reconstructionOptions(const std::string& variant) {
  if (variant == "V1") return {{8}, false, 0.0};
  if (variant == "V2") return {{8, 16, 32, 64}, false, 0.0};
  if (variant == "V3") return {{8, 16, 32, 64}, true, 0.0};
  if (variant == "V4") return {{8, 16, 32, 64}, true, 0.25};
  throw Error("Unknown variant", variant, "Choose one of V1, V2, V3, V4.");
}

ReconstructionNetImpl::ReconstructionNetImpl(ReconstructionOptions chosen) : options(std::move(chosen)) {
  const auto& widths = options.widths;
  int64_t channels = 3;
  for (const int64_t width : widths) {
    encoder->push_back(halving(channels, width));
    channels = width;
  }
  if (options.skips) {  // 64 → 64, then 64 + 32 → 32, 32 + 16 → 16, 16 + 8 → 8, and a 3×3 convolution
    decoder->push_back(doubling(channels, channels));
    for (std::size_t level = widths.size() - 1; level-- > 0;) {
      decoder->push_back(doubling(channels + widths[level], widths[level]));
      channels = widths[level];
    }
    last = torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, 3, 3).padding(1));
  } else {
    for (std::size_t level = widths.size(); level-- > 0;) {
      const int64_t width = level > 0 ? widths[level - 1] : 3;
      decoder->push_back(doubling(channels, width));
      channels = width;
    }
  }
  register_module("encoder", encoder);
  register_module("decoder", decoder);
  if (last) register_module("last", last);
  // As Keras does: even weights after Glorot, biases of zero.
  for (auto& parameter : named_parameters()) {
    torch::NoGradGuard noGrad;
    if (parameter.value().dim() > 1)
      torch::nn::init::xavier_uniform_(parameter.value());
    else
      parameter.value().zero_();
  }
}

torch::Tensor ReconstructionNetImpl::run(const torch::Tensor& pictures, Without without, Random* noise) {
  auto x = pictures;
  std::vector<torch::Tensor> skips;
  for (std::size_t level = 0; level < encoder->size(); ++level) {
    x = leaky(encoder->at<torch::nn::Conv2dImpl>(level).forward(x));
    skips.push_back(x);
  }
  if (without.bottleneck) x = torch::zeros_like(x);
  for (std::size_t level = 0; level < decoder->size(); ++level) {
    if (options.skips && level > 0) {
      auto skip = skips[skips.size() - 1 - level];
      if (without.skips) skip = torch::zeros_like(skip);
      if (noise && options.skipNoise > 0) {
        auto generator = torch::make_generator<torch::CPUGeneratorImpl>(noise->bits());
        skip =
            skip + options.skipNoise * torch::randn(skip.sizes(), generator, torch::kFloat).to(skip.device());
      }
      x = torch::cat({x, skip}, 1);
    }
    x = leaky(decoder->at<ConvTranspose2dImpl>(level).forward(x));
  }
  if (last) x = leaky(last(x));
  return (x / 2 + 0.5).clamp(0, 1);
}

}  // namespace fw
