#include "core/experiments/clip_losses.h"

#include "core/learn/losses.h"

namespace fw {
namespace {

/// 1 − SSIM (Wang 2004) with a window of 11 × 11, σ 1.5.
torch::Tensor ssimLoss(const torch::Tensor& a, const torch::Tensor& b) {
  constexpr double kC1 = 0.01 * 0.01, kC2 = 0.03 * 0.03;
  const auto place = torch::arange(11, a.options()) - 5.0;
  auto row = torch::exp(-place.square() / (2 * 1.5 * 1.5));
  row = row / row.sum();
  const auto channels = a.size(1);
  const auto level = row.view({1, 1, 1, 11}).expand({channels, 1, 1, 11}),
             upright = row.view({1, 1, 11, 1}).expand({channels, 1, 11, 1});
  const auto options = torch::nn::functional::Conv2dFuncOptions().groups(channels);
  const auto mean = [&](const torch::Tensor& x) {
    return torch::nn::functional::conv2d(torch::nn::functional::conv2d(x, level, options), upright, options);
  };
  const auto ma = mean(a), mb = mean(b);
  const auto va = mean(a * a) - ma * ma, vb = mean(b * b) - mb * mb, cov = mean(a * b) - ma * mb;
  return 1.0 - ((2 * ma * mb + kC1) * (2 * cov + kC2) / ((ma * ma + mb * mb + kC1) * (va + vb + kC2))).mean();
}

}  // namespace

std::vector<Choice> frameLossChoices() {
  return {{"mse", "Squared error (blurs)"},
          {"l1", "Absolute error"},
          {"ssim", "1 − SSIM"},
          {"psnr", "−PSNR"},
          {"charbonnier", "Charbonnier"},
          {"laplacian", "Laplacian pyramid"},
          {"census", "Census"},
          {"perceptual", "Perceptual stand-in (edge filters)"}};
}

torch::Tensor frameLoss(const std::string& name, const torch::Tensor& prediction,
                        const torch::Tensor& target) {
  if (name == "mse") return torch::mse_loss(prediction, target);
  if (name == "ssim") return ssimLoss(prediction, target);
  if (name == "psnr") return 10.0 * torch::log10(torch::mse_loss(prediction, target) + 1e-8);
  return pictureLoss(name, prediction, target);
}

}  // namespace fw
