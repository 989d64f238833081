#include "core/nn/swift.h"

#include <gtest/gtest.h>

namespace fw {
namespace {

/// Random evidence, with random classical shares that leave a little to the cross-fade.
torch::Tensor view(int64_t height, int64_t width, int64_t count = 1) {
  auto made = torch::rand({count, kSwiftView, height, width});
  made.slice(1, kSwiftFirstShare, kSwiftFirstShare + kSwiftClassical) =
      torch::softmax(torch::randn({count, kSwiftClassical + 1, height, width}), 1)
          .slice(1, 0, kSwiftClassical);
  return made;
}

void shake(SwiftNet& net, double strength) {
  torch::NoGradGuard noGrad;
  for (auto& parameter : net->parameters()) parameter.add_(strength * torch::randn_like(parameter));
}

TEST(SwiftNet, UntrainedItKeepsTheClassicalShares) {
  SwiftNet net;
  const auto seen = view(48, 64);
  EXPECT_TRUE(torch::allclose(net->forward(seen), swiftClassicalShares(seen), 1e-3, 5e-3));
}

TEST(SwiftNet, SharesAddUpToOneAtAnySize) {
  SwiftNet net;
  shake(net, 0.05);
  for (const auto& [height, width] : {std::pair{48, 64}, {45, 61}, {9, 130}, {8, 8}, {17, 3}}) {
    const auto shares = net->forward(view(height, width, 2));
    ASSERT_EQ(shares.sizes(), (std::vector<int64_t>{2, kSwiftGuesses, height, width}));
    EXPECT_TRUE(torch::allclose(shares.sum(1), torch::ones({2, height, width})));
    EXPECT_GE(shares.min().item<float>(), 0.0F);
  }
}

TEST(SwiftNet, LearnsToBelieveTheRightGuess) {
  torch::manual_seed(3);
  SwiftNet net;
  torch::optim::AdamW optimizer(net->parameters(), torch::optim::AdamWOptions(3e-3));
  double start = 0, end = 0;
  for (int i = 0; i < 30; ++i) {
    auto seen = view(32, 32, 4);
    for (const auto channel : {kSwiftBeyondFirst, kSwiftBeyondSecond}) seen[3][channel].zero_();  // alone
    optimizer.zero_grad();
    const auto loss = -torch::log(net->forward(seen).select(1, 2)).mean();  // the third guess is always right
    loss.backward();
    if (i == 3) {  // before it is so sure that nothing is left to learn
      for (const auto& parameter : net->named_parameters())
        EXPECT_GT(parameter.value().grad().abs().sum().item<double>(), 0.0) << parameter.key();
    }
    optimizer.step();
    (i == 0 ? start : end) = loss.item<double>();
  }
  EXPECT_LT(end, 0.3 * start);
}

TEST(SwiftNet, PairsWithoutNeighboursHaveAPartOfTheirOwn) {
  SwiftNet net;
  shake(net, 0.1);
  auto both = view(16, 24, 2);
  for (const auto channel : {kSwiftBeyondFirst, kSwiftBeyondSecond}) both[1][channel].zero_();
  const auto shares = net->forward(both);
  EXPECT_TRUE(torch::allclose(shares[0], net->around->forward(both.slice(0, 0, 1), torch::kFloat32)[0]));
  EXPECT_TRUE(torch::allclose(shares[1], net->alone->forward(both.slice(0, 1, 2), torch::kFloat32)[0]));
}

TEST(SwiftNet, SixteenBitArithmeticIsNearlyTheSame) {
  torch::manual_seed(1);
  SwiftNet net;
  shake(net, 0.02);
  const auto seen = view(64, 96);
  torch::InferenceMode inference;
  const auto guesses = seen.slice(1, 0, kSwiftGuesses);
  const auto exact = (net->forward(seen) * guesses).sum(1),
             rounded = (net->forward(seen, torch::kBFloat16) * guesses).sum(1);
  EXPECT_LT((exact - rounded).square().mean().item<double>(), 1e-4);  // 40 dB
}

TEST(SwiftNet, ItsWidthIsReadFromItsWeights) {
  SwiftNet net(12);
  std::map<std::string, torch::Tensor> weights;
  for (const auto& parameter : net->named_parameters()) weights[parameter.key()] = parameter.value();
  EXPECT_EQ(swiftWidthOf(weights), 12);
  EXPECT_EQ(swiftWidthOf({}), SwiftNet()->width);
}

}  // namespace
}  // namespace fw
