#include "core/nn/glow_unet.h"

#include <gtest/gtest.h>

namespace fw {
namespace {

/// Away from where it begins, so that every part counts.
GlowUNet disturbed(int64_t told, double strength = 0.1) {
  torch::manual_seed(3);
  GlowUNet net(GlowUNetOptions{3, 2, 16, told});
  torch::NoGradGuard noGrad;
  for (auto& parameter : net->parameters()) parameter.add_(strength * torch::randn_like(parameter));
  return net;
}

double worstAfterUndoing(GlowUNet& net, int64_t told, torch::ScalarType type) {
  torch::NoGradGuard noGrad;
  net->to(type);
  const auto pair = torch::rand({2, std::max<int64_t>(told, 6), 32, 48}, type),
             picture = torch::rand({2, 3, 32, 48}, type), times = torch::rand({2}, type);
  const auto again = net->decode(net->encode(picture, pair, times).levels, pair, times);
  return (again - picture).abs().max().item<double>();
}

TEST(GlowUNet, CanBeUndoneExactly) {
  for (const int64_t told : {0, 6, 9}) {
    auto net = disturbed(told, 0.05);
    EXPECT_LT(worstAfterUndoing(net, told, torch::kFloat32), 1e-4);
    auto wild = disturbed(told);  // so ill-conditioned that only 64 bit show that the formulas agree
    EXPECT_LT(worstAfterUndoing(wild, told, torch::kFloat64), 1e-9);
  }
}

TEST(GlowUNet, BeginsAsThePlainAverage) {
  torch::manual_seed(3);
  GlowUNet net(GlowUNetOptions{});
  torch::NoGradGuard noGrad;
  const auto pair = torch::rand({1, 6, 16, 16});
  const auto average = 0.5 * (pair.slice(1, 0, 3) + pair.slice(1, 3, 6));
  EXPECT_LT((net->forward(pair) - average).abs().max().item<double>(), 1e-4);
}

TEST(GlowUNet, CountsItsDeterminantRight) {
  auto net = disturbed(0);
  const auto picture = torch::rand({1, 3, 8, 8}, torch::kDouble);
  net->to(torch::kDouble);
  const auto flat = [&](const torch::Tensor& x) {
    std::vector<torch::Tensor> parts;
    for (const auto& level : net->encode(x, {}, {}).levels) parts.push_back(level.flatten());
    return torch::cat(parts);
  };
  torch::NoGradGuard noGrad;
  constexpr double kStep = 1e-6;
  auto jacobian = torch::zeros({192, 192}, torch::kDouble);
  for (int64_t i = 0; i < 192; ++i) {
    auto nudge = torch::zeros({192}, torch::kDouble);
    nudge[i] = kStep;
    jacobian.select(1, i).copy_(
        (flat(picture + nudge.view_as(picture)) - flat(picture - nudge.view_as(picture))) / (2 * kStep));
  }
  const double numeric = std::get<1>(torch::slogdet(jacobian)).item<double>();
  EXPECT_NEAR(net->encode(picture, {}, {}).logDeterminant.item<double>(), numeric,
              1e-3 * std::abs(numeric) + 1e-3);
}

}  // namespace
}  // namespace fw
