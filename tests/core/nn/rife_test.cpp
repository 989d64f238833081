#include "core/nn/rife.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"

namespace fw {
namespace {

std::map<std::string, torch::Tensor> weightsOfModule(const torch::nn::Module& module,
                                                     const std::string& prefix = "") {
  std::map<std::string, torch::Tensor> weights;
  for (const auto& parameter : module.named_parameters())
    weights[prefix + parameter.key()] = parameter.value().detach().clone();
  return weights;
}

int64_t parametersOf(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

TEST(Rife, HasThePublishedNumbersOfParameters) {
  EXPECT_EQ(parametersOf(Rife2022()), 10'071'550);
  EXPECT_EQ(parametersOf(Rife2022(true)), 10'708'215);
  EXPECT_EQ(parametersOf(Rife46()), 5'306'256);
}

TEST(Rife, IsRecognisedByItsTensors) {
  torch::InferenceMode inference;
  const auto first = torch::rand({1, 3, 64, 64}), second = torch::rand({1, 3, 64, 64});
  Rife2022 paper(true);  // the teacher is left out
  const auto again = rifeFromWeights(weightsOfModule(paper, "module."), "flownet.pkl");
  EXPECT_EQ(again->title(), "RIFE (ECCV 2022)");
  EXPECT_TRUE(
      torch::allclose(again->forward(first, second, 0.5).merged, paper.forward(first, second, 0.5).merged));
  Rife46 practical;
  const auto other = rifeFromWeights(weightsOfModule(practical), "flownet.pkl");
  EXPECT_EQ(other->title(), "RIFE 4.6");
  EXPECT_TRUE(other->anyTime());
  EXPECT_TRUE(torch::allclose(other->forward(first, second, 0.3).merged,
                              practical.forward(first, second, 0.3).merged));
}

TEST(Rife, SaysWhatItFoundInUnknownWeights) {
  const auto messageFor = [](std::map<std::string, torch::Tensor> weights) -> std::string {
    try {
      rifeFromWeights(std::move(weights), "some.pkl");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  using testing::HasSubstr;
  EXPECT_THAT(messageFor({{"conv1.weight", torch::zeros({64, 3, 7, 7})}}), HasSubstr("conv1.weight"));
  EXPECT_THAT(messageFor({{"conv1.weight", torch::zeros({64, 3, 7, 7})}}), HasSubstr("4.6"));
  EXPECT_THAT(messageFor({{"encode.0.weight", torch::zeros({1})}}), HasSubstr("4.7"));
  EXPECT_THAT(messageFor({}), HasSubstr("no tensors"));
  auto short46 = weightsOfModule(Rife46());
  short46.erase("block2.convblock.3.beta");
  EXPECT_THAT(messageFor(short46), HasSubstr("block2.convblock.3.beta"));
  auto wrong46 = weightsOfModule(Rife46());
  wrong46["block1.conv0.0.0.weight"] = torch::zeros({64, 15, 3, 3});
  EXPECT_THAT(messageFor(wrong46), HasSubstr("block1.conv0.0.0.weight"));
}

TEST(Rife, SixteenBitIsWithinFortyDecibels) {
  torch::manual_seed(4);
  torch::InferenceMode inference;
  const auto first = torch::rand({1, 3, 8, 8})
                         .repeat_interleave(12, 2)
                         .repeat_interleave(12, 3)
                         .slice(2, 0, 96)
                         .slice(3, 0, 96);
  const auto second = torch::roll(first, {3}, {3});
  for (const std::shared_ptr<Rife>& net : {std::shared_ptr<Rife>(std::make_shared<Rife2022>()),
                                           std::shared_ptr<Rife>(std::make_shared<Rife46>())}) {
    const auto exact = net->forward(first, second, 0.5).merged;
    net->to(torch::kBFloat16);
    const auto rounded = net->forward(first, second, 0.5).merged;
    EXPECT_LT((exact - rounded).square().mean().item<double>(), 1e-4) << net->title();
  }
}

TEST(Rife, TeacherAndStudentsBothGetGradients) {
  Rife2022 net(true);
  const auto first = torch::rand({1, 3, 64, 64}), second = torch::rand({1, 3, 64, 64}),
             middle = 0.5 * (first + second);
  const auto taught = net.learn(first, second, middle);
  ((taught.student.merged - middle).abs().mean() + (taught.teacherMerged - middle).abs().mean() +
   0.01 * taught.distillation)
      .backward();
  for (const auto& parameter : net.named_parameters())
    EXPECT_TRUE(parameter.value().grad().defined()) << parameter.key();
}

}  // namespace
}  // namespace fw
