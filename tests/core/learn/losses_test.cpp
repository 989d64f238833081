#include "core/learn/losses.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace fw {
namespace {

torch::Tensor picture() {
  torch::manual_seed(1);
  return torch::avg_pool2d(torch::rand({2, 3, 68, 68}), 5, 1);
}

class PictureLoss : public testing::TestWithParam<const char*> {};

TEST_P(PictureLoss, IsSmallestAtTheTruthAndGrowsWithTheError) {
  const auto truth = picture();
  const auto noise = torch::randn_like(truth);
  const double none = pictureLoss(GetParam(), truth, truth).item<double>();
  const double little = pictureLoss(GetParam(), truth + 0.01 * noise, truth).item<double>();
  const double much = pictureLoss(GetParam(), truth + 0.1 * noise, truth).item<double>();
  EXPECT_LT(none, little);
  EXPECT_LT(little, much);
}

TEST_P(PictureLoss, LeadsBackToTheTruth) {
  const auto truth = picture();
  const auto start = (truth + 0.05 * torch::randn_like(truth)).detach();
  auto guess = start.clone().requires_grad_();
  torch::optim::Adam optimizer({guess}, torch::optim::AdamOptions(2e-3));
  const double before = pictureLoss(GetParam(), guess, truth).item<double>();
  for (int i = 0; i < 20; ++i) {
    optimizer.zero_grad();
    pictureLoss(GetParam(), guess, truth).backward();
    optimizer.step();
  }
  EXPECT_FALSE(torch::isnan(guess).any().item<bool>());
  EXPECT_LT(pictureLoss(GetParam(), guess, truth).item<double>(), 0.8 * before);
}

INSTANTIATE_TEST_SUITE_P(All, PictureLoss,
                         testing::Values("l1", "charbonnier", "laplacian", "census", "perceptual"));

TEST(PictureLoss, CensusSeesStructureNotBrightness) {
  const auto truth = picture();
  EXPECT_LT(censusLoss(truth + 0.1, truth).item<double>(),
            0.2 * censusLoss(truth.flip(3), truth).item<double>());
}

TEST(PictureLoss, LaplacianLeavesTheLowestFrequenciesOut) {
  const auto truth = picture();
  EXPECT_LT(laplacianLoss(truth + 0.1, truth).item<double>(), 1e-4);
}

TEST(PictureLoss, RefusesUnknownNames) { EXPECT_THROW(pictureLoss("nice", picture(), picture()), Error); }

}  // namespace
}  // namespace fw
