#include "core/slowmo/pixelwise.h"

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace fw {
namespace {

TEST(PixelwiseNet, IsWhatItsSumsSay) {
  Random random(5);
  const auto layer = [&](std::size_t in, std::size_t out) {
    PixelwiseNet::Layer made{in, out, std::vector<float>(in * out), std::vector<float>(out)};
    for (auto* numbers : {&made.weights, &made.bias})
      for (float& number : *numbers) number = static_cast<float>(random.normal());
    return made;
  };
  const std::vector<PixelwiseNet::Layer> layers{layer(5, 14), layer(14, 6), layer(6, 3)};
  constexpr std::size_t kPixels = 203, kBegin = 7, kEnd = 190;  // no blocks fit
  std::vector<float> in(5 * kPixels), out(3 * kPixels, -1e9F);
  for (float& number : in) number = static_cast<float>(random.normal());
  PixelwiseNet(layers).run(in.data(), out.data(), kPixels, kBegin, kEnd);
  for (std::size_t pixel = 0; pixel < kPixels; ++pixel) {
    std::vector<double> values;
    for (std::size_t channel = 0; channel < 5; ++channel) values.push_back(in[channel * kPixels + pixel]);
    for (const auto& each : layers) {
      std::vector<double> next(each.bias.begin(), each.bias.end());
      for (std::size_t o = 0; o < each.out; ++o) {
        for (std::size_t i = 0; i < each.in; ++i) next[o] += each.weights[o * each.in + i] * values[i];
        if (&each != &layers.back() && next[o] < 0) next[o] *= 0.1;
      }
      values = next;
    }
    for (std::size_t o = 0; o < 3; ++o) {
      const float made = out[o * kPixels + pixel];
      if (pixel < kBegin || pixel >= kEnd)
        EXPECT_EQ(made, -1e9F) << "not asked for";
      else
        EXPECT_NEAR(made, values[o], 1e-3) << pixel;
    }
  }
}

}  // namespace
}  // namespace fw
