#include <gtest/gtest.h>

#include "core/nn/denoising_autoencoders.h"
#include "core/nn/reconstruction_net.h"

namespace fw {
namespace {

int64_t weights(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

TEST(DenoisingNetworks, HaveTheOriginalsWeights) {
  EXPECT_EQ(weights(DenoisingDenseImpl()), 1'149'520);
  DenoisingConv conv;
  EXPECT_EQ(weights(*conv), 36'881);
  EXPECT_EQ(conv->forward(torch::rand({2, 1, 28, 28})).sizes(), (std::vector<int64_t>{2, 1, 28, 28}));
}

TEST(ReconstructionNet, HasTheOriginalsWeights) {
  EXPECT_EQ(weights(ReconstructionNetImpl(reconstructionOptions("V2"))), 135'779);
  EXPECT_EQ(weights(ReconstructionNetImpl(reconstructionOptions("V3"))), 271'459);
  EXPECT_EQ(weights(ReconstructionNetImpl(reconstructionOptions("V4"))), 271'459);
}

TEST(ReconstructionNet, AddsNoiseToTheSkipsOnlyWhenLearning) {
  torch::manual_seed(1);
  ReconstructionNet net(reconstructionOptions("V4"));
  torch::NoGradGuard noGrad;
  const auto picture = torch::rand({1, 3, 32, 48});
  Random random(1);
  EXPECT_TRUE(torch::equal(net->forward(picture), net->forward(picture)));
  EXPECT_FALSE(torch::equal(net->run(picture, {}, &random), net->forward(picture)));
}

}  // namespace
}  // namespace fw
