#include "core/learn/losses.h"

#include <cmath>
#include <numbers>

#include "core/base/error.h"

namespace fw {
namespace {

namespace F = torch::nn::functional;

torch::Tensor reflected(const torch::Tensor& x, int64_t by) {
  return F::pad(x, F::PadFuncOptions({by, by, by, by}).mode(torch::kReflect));
}

torch::Tensor binomial(int64_t channels, const torch::TensorOptions& options) {
  const auto row = torch::tensor({1.0, 4.0, 6.0, 4.0, 1.0}, options) / 16.0;
  return torch::outer(row, row).expand({channels, 1, 5, 5});
}

torch::Tensor blurred(const torch::Tensor& x, double gain = 1.0) {
  return F::conv2d(reflected(x, 2), gain * binomial(x.size(1), x.options()),
                   F::Conv2dFuncOptions().groups(x.size(1)));
}

std::vector<torch::Tensor> laplacianPyramid(torch::Tensor x, int levels) {
  std::vector<torch::Tensor> bands;
  for (int i = 0; i < levels && std::min(x.size(2), x.size(3)) >= 6; ++i) {
    const auto small = blurred(x).slice(2, 0, x.size(2), 2).slice(3, 0, x.size(3), 2);
    auto sparse = torch::zeros_like(x);
    sparse.slice(2, 0, x.size(2), 2).slice(3, 0, x.size(3), 2).copy_(small);
    bands.push_back(x - blurred(sparse, 4.0));
    x = small;
  }
  return bands;
}

torch::Tensor luma(const torch::Tensor& x) {
  if (x.size(1) != 3) return x.mean(1, true);
  return 0.114 * x.slice(1, 0, 1) + 0.587 * x.slice(1, 1, 2) + 0.299 * x.slice(1, 2, 3);  // BGR
}

torch::Tensor census(const torch::Tensor& x) {
  constexpr int64_t kWindow = 7;
  const auto gray = 255.0 * luma(x);
  const auto n = gray.size(0), h = gray.size(2), w = gray.size(3);
  const auto around = torch::im2col(gray, {kWindow, kWindow}, {1, 1}, {kWindow / 2, kWindow / 2}, {1, 1})
                          .view({n, kWindow * kWindow, h, w});
  const auto difference = around - gray;
  return difference / torch::sqrt(0.81 + difference * difference);
}

/// Sines and cosines under a Gaussian: four directions, two phases.
torch::Tensor edgeFilters(const torch::TensorOptions& options) {
  constexpr int kHalf = 3;
  auto bank = torch::zeros({8, 1, 2 * kHalf + 1, 2 * kHalf + 1});
  for (int k = 0; k < 8; ++k)
    for (int y = -kHalf; y <= kHalf; ++y)
      for (int x = -kHalf; x <= kHalf; ++x) {
        const double angle = (k / 2) * std::numbers::pi / 4;
        const double along = x * std::cos(angle) + y * std::sin(angle);
        const double phase = along * std::numbers::pi / 2;
        bank[k][0][y + kHalf][x + kHalf] =
            std::exp(-(x * x + y * y) / 4.5) * (k % 2 ? std::sin(phase) : std::cos(phase));
      }
  bank = bank - bank.mean({2, 3}, true);
  return (bank / bank.abs().sum({2, 3}, true)).to(options);
}

}  // namespace

torch::Tensor l1Loss(const torch::Tensor& prediction, const torch::Tensor& target) {
  return (prediction - target).abs().mean();
}

torch::Tensor charbonnierLoss(const torch::Tensor& prediction, const torch::Tensor& target) {
  constexpr double kEpsilon = 1e-3;
  const auto difference = prediction - target;
  return torch::sqrt(difference * difference + kEpsilon * kEpsilon).mean();
}

torch::Tensor laplacianLoss(const torch::Tensor& prediction, const torch::Tensor& target, int levels) {
  // The pyramid is linear: one of the difference does for both.
  auto loss = torch::zeros({}, prediction.options());
  for (const auto& band : laplacianPyramid(prediction - target, levels)) loss = loss + band.abs().mean();
  return loss;
}

torch::Tensor censusLoss(const torch::Tensor& prediction, const torch::Tensor& target) {
  const auto difference = census(prediction) - census(target);
  const auto squared = difference * difference;
  const auto distance = (squared / (0.1 + squared)).mean(1, true);
  constexpr int64_t kBorder = 3;  // where the window leaves the picture
  const auto inner =
      distance.slice(2, kBorder, distance.size(2) - kBorder).slice(3, kBorder, distance.size(3) - kBorder);
  return torch::pow(inner * inner + 1e-6, 0.45).mean();
}

torch::Tensor perceptualLoss(const torch::Tensor& prediction, const torch::Tensor& target) {
  auto a = luma(prediction), b = luma(target);
  const auto filters = edgeFilters(a.options());
  auto loss = torch::zeros({}, prediction.options());
  for (int scale = 0; scale < 3 && std::min(a.size(2), a.size(3)) >= 8; ++scale) {
    const auto responses = [&](const torch::Tensor& x) {
      const auto r = torch::conv2d(reflected(x, 3), filters);
      const auto energy = (r * r).mean(1, true);
      return r / torch::sqrt(energy + 1e-3);  // what kind of edge, whatever its contrast
    };
    loss = loss + (responses(a) - responses(b)).abs().mean();
    a = torch::avg_pool2d(a, 2);
    b = torch::avg_pool2d(b, 2);
  }
  return loss;
}

torch::Tensor psnrLoss(const torch::Tensor& prediction, const torch::Tensor& target) {
  constexpr double kEnough = 3e-4;  // 35 dB
  return torch::log1p((prediction - target).square().mean({1, 2, 3}) / kEnough).mean();
}

torch::Tensor pictureLoss(const std::string& name, const torch::Tensor& prediction,
                          const torch::Tensor& target) {
  if (name == "l1") return l1Loss(prediction, target);
  if (name == "charbonnier") return charbonnierLoss(prediction, target);
  if (name == "laplacian") return laplacianLoss(prediction, target);
  if (name == "census") return censusLoss(prediction, target);
  if (name == "perceptual") return perceptualLoss(prediction, target);
  if (name == "psnr") return psnrLoss(prediction, target);
  throw Error("Unknown loss", name, "Choose one of l1, charbonnier, laplacian, census, perceptual, psnr.");
}

}  // namespace fw
