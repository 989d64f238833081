#include "core/learn/fused_adam.h"

#include <gtest/gtest.h>

namespace fw {
namespace {

/// The same network learnt by both; the largest difference of a weight in the end.
template <class Theirs, class Ours, class Options>
double difference(const Options& options) {
  torch::manual_seed(4);
  torch::nn::Sequential one(torch::nn::Linear(6, 40), torch::nn::ReLU(), torch::nn::Linear(40, 3));
  torch::nn::Sequential other(torch::nn::Linear(6, 40), torch::nn::ReLU(), torch::nn::Linear(40, 3));
  for (std::size_t i = 0; i < one->parameters().size(); ++i) {
    torch::NoGradGuard noGrad;
    other->parameters()[i].copy_(one->parameters()[i]);
  }
  const auto input = torch::rand({16, 6}), target = torch::rand({16, 3});
  Theirs theirs(one->parameters(), options);
  Ours ours(other->parameters(), options);
  for (int i = 0; i < 50; ++i) {
    for (auto* optimizer : std::initializer_list<torch::optim::Optimizer*>{&theirs, &ours}) {
      auto& net = optimizer == &theirs ? one : other;
      optimizer->zero_grad();
      torch::mse_loss(net->forward(input), target).backward();
      optimizer->step();
    }
  }
  double largest = 0;
  for (std::size_t i = 0; i < one->parameters().size(); ++i)
    largest = std::max(largest,
                       (one->parameters()[i] - other->parameters()[i]).abs().max().template item<double>());
  return largest;
}

TEST(FusedAdam, TakesTheStepsOfLibTorch) {
  using namespace torch::optim;
  EXPECT_LT((difference<Adam, FusedAdam>(AdamOptions(1e-2))), 1e-5);
  EXPECT_LT((difference<Adam, FusedAdam>(AdamOptions(1e-2).eps(1e-3).weight_decay(0.1))), 1e-5);
  EXPECT_LT((difference<AdamW, FusedAdamW>(AdamWOptions(1e-2).weight_decay(0.1))), 1e-5);
  EXPECT_LT((difference<Adam, FusedAdam>(AdamOptions(1e-2).amsgrad(true))), 1e-5) << "left to LibTorch";
}

}  // namespace
}  // namespace fw
