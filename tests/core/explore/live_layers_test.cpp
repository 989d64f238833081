#include "core/explore/live_layers.h"

#include <gmock/gmock.h>

#include <numeric>

namespace fw {
namespace {

using namespace torch::nn;

struct SmallImpl : Module {
  SmallImpl() {
    register_module("first", first);
    register_module("second", second);
    register_module("head", head);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const auto seen = second(first(x).relu()).relu();
    return head(seen.mean({2, 3})).sigmoid();
  }
  Conv2d first{Conv2dOptions(1, 4, 3).padding(1)}, second{Conv2dOptions(4, 4, 3).padding(1)};
  Linear head{4, 2};
};
TORCH_MODULE(Small);

const LayerMeter& named(const std::vector<LayerMeter>& meters, const std::string& name) {
  for (const auto& meter : meters)
    if (meter.name == name) return meter;
  throw std::out_of_range(name);
}

struct LiveLayers : testing::Test {
  LiveLayers() {
    torch::manual_seed(2);
    net = Small();
    net->eval();
  }
  std::vector<LayerMeter> meters() { return meterLayers("net", *net, net->forward(input)); }
  Small net{nullptr};
  torch::Tensor input = torch::rand({2, 1, 16, 16});
};

TEST_F(LiveLayers, TellWhatEachLayerMakesOfAnExample) {
  const auto all = meters();
  EXPECT_THAT(all, testing::SizeIs(6));
  const auto made = net->first->forward(input).detach();
  const auto& first = named(all, "first");
  EXPECT_EQ(first.kind, "Conv2d");
  EXPECT_EQ(first.shape, "4 × 16 × 16");
  EXPECT_NEAR(first.mean, made.mean().item<double>(), 1e-6);
  EXPECT_NEAR(first.largest, made.max().item<double>(), 1e-6);
  EXPECT_EQ(std::accumulate(first.histogram.begin(), first.histogram.end(), int64_t{0}), made.numel());
  EXPECT_EQ(first.mosaic.size(), cv::Size(33, 33)) << "four maps of 16, with a line between them";
  EXPECT_EQ(first.gradient, -1) << "nothing was learnt yet";
  EXPECT_NEAR(named(all, "after first").mean, made.relu().mean().item<double>(), 1e-6);
}

TEST_F(LiveLayers, TellTheSizeOfTheLastGradient) {
  net->forward(input).sum().backward();
  const auto gradient = torch::cat({net->head->weight.grad().flatten(), net->head->bias.grad()});
  EXPECT_NEAR(named(meters(), "head").gradient, gradient.square().mean().sqrt().item<double>(), 1e-7);
}

TEST_F(LiveLayers, WarnInWordsOfWhatIsDeadExplodedOrSaturated) {
  for (const auto& meter : meters()) EXPECT_EQ(meter.warning, "") << meter.name;
  {
    torch::NoGradGuard noGrad;
    net->second->bias.fill_(-100);
  }
  const auto all = meters();
  EXPECT_THAT(named(all, "after second").warning, testing::HasSubstr("Dead"));
}

TEST_F(LiveLayers, WarnOfExplosionAndSaturation) {
  {
    torch::NoGradGuard noGrad;
    net->first->weight.fill_(1e5);
    net->head->bias.fill_(50);
  }
  const auto all = meters();
  EXPECT_THAT(named(all, "first").warning, testing::HasSubstr("Exploding"));
  EXPECT_THAT(named(all, "after head").warning, testing::HasSubstr("Saturated"));
}

}  // namespace
}  // namespace fw
