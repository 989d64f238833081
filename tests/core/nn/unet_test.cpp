#include "core/nn/unet.h"

#include <gtest/gtest.h>

#include "core/nn/inpainting_net.h"

namespace fw {
namespace {

TEST(UNet, KeepsAnySize) {
  UNet net(UNetOptions{2, 1, {4, 8, 8}});
  const auto output = net->forward(torch::rand({2, 2, 37, 50}));
  EXPECT_EQ(output.sizes(), (std::vector<int64_t>{2, 1, 37, 50}));
}

TEST(InpaintingNet, IsTheOriginalsFirstAttempt) {
  InpaintingNet net(1, std::vector<int64_t>{64, 128, 256, 512, 4000});
  int64_t count = 0;
  for (const auto& parameter : net->parameters()) count += parameter.numel();
  EXPECT_EQ(count, 39'967'649);
  EXPECT_EQ(net->forward(torch::rand({1, 1, 101, 101})).sizes(), (std::vector<int64_t>{1, 1, 101, 101}));
}

}  // namespace
}  // namespace fw
