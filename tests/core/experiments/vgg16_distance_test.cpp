#include "core/experiments/vgg16_distance.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/learn/safetensors.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

/// Weights of VGG-16's shapes, drawn by chance: good enough to tell pictures apart.
TensorMap anyVgg() {
  torch::manual_seed(6);
  TensorMap weights;
  const std::vector<std::array<int64_t, 3>> layers{
      {0, 3, 64},     {2, 64, 64},    {5, 64, 128},   {7, 128, 128},  {10, 128, 256},
      {12, 256, 256}, {14, 256, 256}, {17, 256, 512}, {19, 512, 512}, {21, 512, 512}};
  for (const auto& [feature, in, out] : layers) {
    const auto name = "features." + std::to_string(feature);
    weights[name + ".weight"] =
        torch::randn({out, in, 3, 3}) * std::sqrt(2.0 / (9.0 * static_cast<double>(in)));
    weights[name + ".bias"] = torch::zeros({out});
  }
  return weights;
}

TEST(Vgg16Distance, TakesThePersonsWeightsAndTellsPicturesApart) {
  TemporaryFolder folder;
  const auto file = folder.path() / "vgg16.safetensors";
  writeSafetensors(file, {anyVgg(), {}});
  const Vgg16Distance distance(file, torch::kCPU);
  const auto picture = torch::rand({1, 3, 32, 32}), other = torch::rand({1, 3, 32, 32});
  EXPECT_EQ(distance(picture, picture).item<double>(), 0);
  const double near = distance(picture + 0.01, picture).item<double>(),
               far = distance(other, picture).item<double>();
  EXPECT_GT(near, 0);
  EXPECT_GT(far, 3 * near);
}

TEST(Vgg16Distance, RefusesOtherWeights) {
  TemporaryFolder folder;
  const auto file = folder.path() / "other.safetensors";
  writeSafetensors(file, {{{"features.0.weight", torch::zeros({8, 3, 3, 3})}}, {}});
  EXPECT_THROW(Vgg16Distance(file, torch::kCPU), Error);
}

}  // namespace
}  // namespace fw
