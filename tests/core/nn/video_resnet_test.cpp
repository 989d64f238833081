#include "core/nn/video_resnet.h"

#include <gtest/gtest.h>

namespace fw {
namespace {

int64_t weights(torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

TEST(VideoResNet, HasTheOriginalsWeights) {
  const std::vector<std::pair<std::string, int64_t>> originals{
      {"A1", 32'541'604}, {"A2", 40'588'123}, {"A3", 456'883}, {"A4", 458'804}, {"A5", 40'597'859}};
  for (const auto& [name, count] : originals) {
    VideoResNet net(videoResNetOptions(name, 30));
    EXPECT_EQ(weights(*net), count) << name;
  }
}

TEST(VideoResNet, MakesOneMapOfAVideoAndCoarserOnes) {
  VideoResNet net(videoResNetOptions("A4", 6));
  torch::NoGradGuard noGrad;
  const auto maps = net->maps(torch::rand({1, 1, 6, 32, 32}));
  EXPECT_EQ(maps.map.sizes(), (std::vector<int64_t>{1, 1, 32, 32}));
  ASSERT_EQ(maps.coarse.size(), 1U);
  EXPECT_EQ(maps.coarse[0].sizes(), (std::vector<int64_t>{1, 1, 16, 16}));
}

TEST(VideoResNet, DeconvolutionReturnsToFullSize) {
  VideoResNet net(videoResNetOptions("A1", 30));
  torch::NoGradGuard noGrad;
  EXPECT_EQ(net->forward(torch::rand({1, 1, 30, 32, 32})).sizes(), (std::vector<int64_t>{1, 1, 32, 32}));
}

}  // namespace
}  // namespace fw
