#include "core/nn/warp.h"

#include <gtest/gtest.h>

namespace fw {
namespace {

torch::Tensor ramp(int64_t height, int64_t width) {
  return torch::arange(height * width, torch::kFloat32).view({1, 1, height, width});
}

TEST(Warp, NoFlowChangesNothing) {
  const auto image = ramp(5, 7);
  EXPECT_TRUE(torch::allclose(warp(image, torch::zeros({1, 2, 5, 7})), image, 1e-5, 1e-4));
}

TEST(Warp, TakesThePixelTheFlowPointsAt) {
  const auto image = ramp(6, 8);
  auto flow = torch::zeros({1, 2, 6, 8});
  flow.select(1, 0).fill_(2);   // x
  flow.select(1, 1).fill_(-1);  // y
  const auto moved = warp(image, flow);
  EXPECT_NEAR(moved[0][0][3][4].item<float>(), image[0][0][2][6].item<float>(), 1e-3);
}

TEST(Warp, RepeatsTheBorder) {
  const auto image = ramp(4, 4);
  const auto moved = warp(image, torch::full({1, 2, 4, 4}, 100.0));
  EXPECT_TRUE(torch::allclose(moved, torch::full_like(moved, 15.0), 1e-4, 1e-3));
}

TEST(Warp, InterpolatesBetweenPixels) {
  const auto image = ramp(1, 4).expand({1, 1, 3, 4}).contiguous();
  auto flow = torch::zeros({1, 2, 3, 4});
  flow.select(1, 0).fill_(0.25);
  EXPECT_NEAR(warp(image, flow)[0][0][1][1].item<float>(), 1.25, 1e-4);
}

}  // namespace
}  // namespace fw
