#include "core/nn/conv_transpose.h"

#include <gtest/gtest.h>

#include "core/nn/norm_relu.h"

namespace fw {
namespace {

using torch::nn::ConvTranspose2dOptions;

double distance(const torch::Tensor& one, const torch::Tensor& other) {
  return (one - other).abs().max().item<double>();
}

struct Learnt {
  torch::Tensor output, ofInput;
  std::vector<torch::Tensor> ofWeights;
};

template <class Forward>
Learnt learnt(torch::nn::Module& module, const torch::Tensor& x, Forward forward) {
  module.zero_grad();
  const auto input = x.detach().clone().requires_grad_();
  const auto output = forward(input);
  (output * torch::arange(output.numel()).view_as(output).remainder(7)).sum().backward();
  std::vector<torch::Tensor> gradients;
  for (const auto& parameter : module.parameters()) gradients.push_back(parameter.grad().clone());
  return {output, input.grad(), gradients};
}

void expectAlike(const Learnt& one, const Learnt& other, double precision) {
  EXPECT_LT(distance(one.output, other.output), precision);
  EXPECT_LT(distance(one.ofInput, other.ofInput), precision);
  ASSERT_EQ(one.ofWeights.size(), other.ofWeights.size());
  for (std::size_t i = 0; i < one.ofWeights.size(); ++i)
    EXPECT_LT(distance(one.ofWeights[i], other.ofWeights[i]),
              precision * std::max(1.0, other.ofWeights[i].abs().max().item<double>()));
}

struct Layouts : testing::TestWithParam<at::MemoryFormat> {
  Layouts() { torch::manual_seed(3); }
  torch::Tensor pictures(at::IntArrayRef shape) { return torch::rand(shape).contiguous(GetParam()); }
};

TEST_P(Layouts, AConvTransposeMakesAndLearnsWhatLibTorchsDoes) {
  for (const auto& options :
       {ConvTranspose2dOptions(6, 5, 2).stride(2), ConvTranspose2dOptions(6, 5, 3).stride(2).padding(1),
        ConvTranspose2dOptions(6, 1, 5).stride(2).padding(2).output_padding(1),
        ConvTranspose2dOptions(6, 4, 3).bias(false), ConvTranspose2dOptions(6, 4, 3).groups(2)}) {
    ConvTranspose2d layer(options);
    layer->weight.set_data(layer->weight.contiguous(GetParam()));
    const auto x = pictures({3, 6, 7, 9});
    const auto ours = learnt(*layer, x, [&](const auto& given) { return layer(given); });
    const auto theirs = learnt(
        *layer, x, [&](const auto& given) { return layer->torch::nn::ConvTranspose2dImpl::forward(given); });
    expectAlike(ours, theirs, 2e-5);
    const torch::NoGradGuard noGradients;
    EXPECT_LT(distance(layer(x), theirs.output), 2e-5);
  }
}

TEST_P(Layouts, AConvTransposeReachesTheSizeThatIsAskedFor) {
  ConvTranspose2d layer(ConvTranspose2dOptions(4, 2, 3).stride(2).padding(1));
  const auto x = pictures({2, 4, 13, 26});
  for (const auto& size : {std::vector<int64_t>{25, 51}, {26, 52}}) {
    const auto made = layer->forwardTo(x, size);
    EXPECT_EQ(made.sizes().slice(2), at::IntArrayRef(size));
    EXPECT_LT(distance(made, layer->torch::nn::ConvTranspose2dImpl::forward(x, at::IntArrayRef(size))), 1e-5);
  }
}

TEST_P(Layouts, NormalisedAndRectifiedLearnsWhatLibTorchDoes) {
  for (const int64_t channels : {2, 12, 24}) {
    torch::nn::BatchNorm2d one(channels), other(channels);
    const auto x = (10 + 3 * pictures({3, channels, 19, 23})).contiguous(GetParam());
    for (auto& norm : {one, other}) {
      const torch::NoGradGuard noGradients;
      norm->weight.copy_(torch::linspace(-1, 2, channels));
      norm->bias.copy_(torch::linspace(1, -1, channels));
    }
    const auto ours = learnt(*one, x, [&](const auto& given) { return normalisedAndRectified(one, given); });
    const auto theirs = learnt(*other, x, [&](const auto& given) { return other(given).relu(); });
    expectAlike(ours, theirs, 1e-3);
    EXPECT_LT(distance(one->running_mean, other->running_mean), 1e-4);
    EXPECT_LT(distance(one->running_var, other->running_var), 1e-5);
    EXPECT_EQ(one->num_batches_tracked.item<int64_t>(), 1);
  }
}

INSTANTIATE_TEST_SUITE_P(InMemory, Layouts,
                         testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast),
                         [](const auto& format) {
                           return format.param == at::MemoryFormat::Contiguous ? "PlaneByPlane"
                                                                               : "PixelByPixel";
                         });

}  // namespace
}  // namespace fw
