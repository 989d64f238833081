#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "core/nn/swift_render.h"

namespace fw {
namespace {

/// Smooth clouds with enough edges for flow to hold on to, shifted by `x`, `y` pixels.
cv::Mat clouds(int width, int height, double x, double y, int type = CV_8UC3) {
  cv::RNG generator(3);
  cv::Mat noise(height + 160, width + 160, CV_32FC3), part, out;
  generator.fill(noise, cv::RNG::UNIFORM, 0, 255);
  cv::GaussianBlur(noise, noise, cv::Size(0, 0), 3.0);
  noise = (noise - 127.0) * 4.0 + 127.0;
  const cv::Matx23d shift(1, 0, 80 - x, 0, 1, 80 - y);
  cv::warpAffine(noise, part, shift, cv::Size(width, height), cv::INTER_CUBIC | cv::WARP_INVERSE_MAP);
  part.convertTo(out, type, type == CV_16UC3 ? 257.0 : 1.0);
  return out;
}

double psnrInside(const cv::Mat& a, const cv::Mat& b, int border) {
  const cv::Rect inner(border, border, a.cols - 2 * border, a.rows - 2 * border);
  cv::Mat p, q;
  const double scale = a.depth() == CV_16U ? 1.0 / 257.0 : 1.0;
  a(inner).convertTo(p, CV_32F, scale);
  b(inner).convertTo(q, CV_32F, scale);
  return cv::PSNR(p, q, 255.0);
}

TEST(SwiftPrior, FollowsAShiftToAnyTime) {
  const auto pair = pairFlow(clouds(160, 128, 0, 0), clouds(160, 128, 8, -4), 2);
  for (const double time : {0.25, 0.5, 0.8}) {
    const auto prior = motionAt(pair, time);
    const auto inner = cv::mean(prior.flow(cv::Rect(16, 16, 48, 32)));
    EXPECT_NEAR(inner[0], -8 * time, 0.3);
    EXPECT_NEAR(inner[1], 4 * time, 0.3);
    EXPECT_NEAR(inner[2], 8 * (1 - time), 0.3);
    EXPECT_NEAR(inner[3], -4 * (1 - time), 0.3);
  }
}

TEST(SwiftPrior, TrustsWhatBothWaysAgreeOn) {
  cv::Mat first = clouds(128, 128, 0, 0), second = clouds(128, 128, 2, 0);
  second(cv::Rect(32, 32, 64, 64)).setTo(cv::Scalar(0, 0, 255));  // something new covers the middle
  const auto pair = pairFlow(first, second);
  EXPECT_LT(cv::mean(pair.trustForward(cv::Rect(24, 24, 16, 16)))[0], 0.3);
  EXPECT_GT(cv::mean(pair.trustForward(cv::Rect(4, 4, 56, 8)))[0], 0.7);
}

TEST(SwiftNet, StartsAtTheClassicalResult) {
  SwiftNet net;
  const cv::Mat first = clouds(96, 64, 0, 0), second = clouds(96, 64, 3, 1);
  const auto prior = motionAt(pairFlow(first, second), 0.25);
  const auto input = swiftInput(first, second, prior, 0.25);
  const auto output = net->forward(input);
  EXPECT_TRUE(torch::equal(output.flow, input.flow));
  EXPECT_TRUE(torch::allclose(output.mask, torch::full_like(output.mask, 0.75)));
  EXPECT_EQ(output.residual.abs().max().item<float>(), 0.0f);
}

TEST(SwiftNet, LearnsFromEveryOutput) {
  SwiftNet net;
  const cv::Mat first = clouds(64, 64, 0, 0), second = clouds(64, 64, 4, 0);
  const auto input = swiftInput(first, second, motionAt(pairFlow(first, second), 0.5), 0.5);
  const auto truth = torch::rand({1, 3, 64, 64});
  torch::optim::AdamW optimizer(net->parameters(), torch::optim::AdamWOptions(1e-3));
  double start = 0, end = 0;
  for (int i = 0; i < 12; ++i) {
    optimizer.zero_grad();
    const auto loss = (synthesise(input, net->forward(input), true) - truth).abs().mean();
    loss.backward();
    optimizer.step();
    (i == 0 ? start : end) = loss.item<double>();
  }
  EXPECT_LT(end, start);
  for (const auto& parameter : net->named_parameters())
    EXPECT_GT(parameter.value().grad().abs().sum().item<double>(), 0.0) << parameter.key();
}

TEST(SwiftNet, SixteenBitArithmeticIsNearlyTheSame) {
  torch::manual_seed(1);
  SwiftNet net;
  {
    torch::NoGradGuard noGrad;
    for (auto& parameter : net->parameters()) parameter.add_(0.01 * torch::randn_like(parameter));
  }
  const cv::Mat first = clouds(96, 64, 0, 0), second = clouds(96, 64, 5, 2);
  const auto input = swiftInput(first, second, motionAt(pairFlow(first, second), 0.5), 0.5);
  torch::InferenceMode inference;
  const auto exact = synthesise(input, net->forward(input), true);
  const auto rounded = synthesise(input, net->forward(input, torch::kBFloat16), true);
  EXPECT_LT((exact - rounded).square().mean().item<double>(), 1e-4);  // 40 dB
}

class SwiftPairOf : public testing::TestWithParam<std::tuple<int, int, int>> {};

TEST_P(SwiftPairOf, AnySizeAndDepthGivesTheFrameInBetween) {
  const auto [width, height, reduction] = GetParam();
  for (const int type : {CV_8UC3, CV_16UC3}) {
    SwiftNet net;
    SwiftOptions options;
    options.reduction = reduction;
    const SwiftPair pair(clouds(width, height, 0, 0, type), clouds(width, height, 6, 2, type), options);
    const auto frame = pair.at(net, 0.5);
    const cv::Mat truth = clouds(width, height, 3, 1, type);
    ASSERT_EQ(frame.image.size(), truth.size());
    ASSERT_EQ(frame.image.type(), type);
    EXPECT_GT(psnrInside(frame.image, truth, 12), 33.0);
    EXPECT_EQ(frame.confidence.size(), truth.size());
    EXPECT_GT(cv::mean(frame.confidence(cv::Rect(12, 12, width - 24, height - 24)))[0], 220);
  }
}
INSTANTIATE_TEST_SUITE_P(Sizes, SwiftPairOf,
                         testing::Values(std::tuple{96, 64, 1}, std::tuple{131, 77, 1},
                                         std::tuple{205, 115, 2}, std::tuple{303, 171, 3}));

TEST(SwiftPair, TilesAreInvisible) {
  torch::manual_seed(2);
  SwiftNet net;
  {
    torch::NoGradGuard noGrad;
    for (auto& parameter : net->parameters()) parameter.add_(0.005 * torch::randn_like(parameter));
  }
  const cv::Mat first = clouds(704, 96, 0, 0), second = clouds(704, 96, 6, 2);
  SwiftOptions whole, parts;
  parts.tile = 512;
  const auto a = SwiftPair(first, second, whole).at(net, 0.5).image,
             b = SwiftPair(first, second, parts).at(net, 0.5).image;
  EXPECT_GT(cv::PSNR(a, b), 50.0);
}

TEST(SwiftPair, ExplainsItself) {
  SwiftNet net;
  const SwiftPair pair(clouds(96, 80, 0, 0), clouds(96, 80, 6, 0), {});
  SwiftThoughts thoughts;
  pair.at(net, 0.5, &thoughts);
  EXPECT_NEAR(cv::mean(thoughts.flowToFirst(cv::Rect(24, 24, 48, 32)))[0], -3.0, 0.3);
  EXPECT_NEAR(cv::mean(thoughts.flowToSecond(cv::Rect(24, 24, 48, 32)))[0], 3.0, 0.3);
  EXPECT_NEAR(cv::mean(thoughts.share)[0], 0.5, 1e-3);
  EXPECT_GT(psnrInside(thoughts.warpedFirst, thoughts.warpedSecond, 16), 30.0);
}

}  // namespace
}  // namespace fw
