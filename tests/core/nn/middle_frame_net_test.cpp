#include "core/nn/middle_frame_net.h"

#include <gtest/gtest.h>

namespace fw {
namespace {

int64_t weights(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

TEST(MiddleFrameNetworks, HaveTheOriginalsWeights) {
  EXPECT_EQ(weights(MiddleFrameNetImpl(64)), 1'864'707);
  EXPECT_EQ(weights(FusedUNetImpl(16, true)), 16'851);
  EXPECT_EQ(weights(FusedUNetImpl(64, true)), 257'859);
  EXPECT_EQ(weights(NaiveConv3dImpl()), 56);
}

TEST(MiddleFrameNetworks, FusingInsideIsNotFusingOutside) {
  torch::manual_seed(1);
  FusedUNet inside(16, true);
  torch::manual_seed(1);
  FusedUNet outside(16, false);
  const auto frames = torch::rand({1, 6, 16, 24});
  EXPECT_FALSE(torch::allclose(inside->forward(frames), outside->forward(frames), 1e-4, 1e-4));
  const auto same = torch::cat({frames.slice(1, 0, 3), frames.slice(1, 0, 3)}, 1);  // nothing to fuse
  EXPECT_TRUE(torch::allclose(inside->forward(same), outside->forward(same), 1e-4, 1e-5));
}

}  // namespace
}  // namespace fw
