#include "core/nn/classifiers.h"

#include <gtest/gtest.h>

namespace fw {
namespace {

TEST(ConvClassifier, HasTheTeachingNotesWeights) {
  ConvClassifier net(3, 32, 32, 10);
  int64_t count = 0;
  for (const auto& parameter : net->parameters()) count += parameter.numel();
  EXPECT_EQ(count, 62'006);
  EXPECT_EQ(net->forward(torch::rand({2, 3, 32, 32})).sizes(), (std::vector<int64_t>{2, 10}));
}

}  // namespace
}  // namespace fw
