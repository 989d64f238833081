#include "core/nn/he_initialisation.h"

#include <cmath>

namespace fw {
namespace {

/// `inputs`: how many numbers are added up into one output.
void drawWeights(torch::Tensor& weight, torch::Tensor& bias, double inputs) {
  torch::NoGradGuard noGrad;
  weight.normal_(0.0, std::sqrt(2.0 / inputs));
  if (bias.defined()) bias.zero_();
}

}  // namespace

void initialiseForRectifiers(torch::nn::Module& module) {
  for (const auto& part : module.modules(false)) {
    if (auto* linear = part->as<torch::nn::LinearImpl>()) {
      drawWeights(linear->weight, linear->bias, static_cast<double>(linear->weight.size(1)));
    } else if (auto* conv = part->as<torch::nn::Conv2dImpl>()) {
      drawWeights(conv->weight, conv->bias, static_cast<double>(conv->weight[0].numel()));
    } else if (auto* deconv = part->as<torch::nn::ConvTranspose2dImpl>()) {
      // Of a k×k kernel with stride s each output pixel meets k²/s² numbers of each input channel.
      const auto stride =
          static_cast<double>(deconv->options.stride()->at(0) * deconv->options.stride()->at(1));
      const auto taps = static_cast<double>(deconv->weight.size(2) * deconv->weight.size(3));
      drawWeights(deconv->weight, deconv->bias, static_cast<double>(deconv->weight.size(0)) * taps / stride);
    }
  }
}

}  // namespace fw
