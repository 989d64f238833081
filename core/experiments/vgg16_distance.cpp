#include "core/experiments/vgg16_distance.h"

#include <array>

#include "core/base/error.h"
#include "core/learn/pytorch_file.h"

namespace fw {
namespace {

struct Layer {
  int feature;  // its number in torchvision's "features"
  int64_t in, out;
  bool sliceEnds, poolsBefore;
};

constexpr std::array kLayers{Layer{0, 3, 64, false, false},     Layer{2, 64, 64, true, false},
                             Layer{5, 64, 128, false, true},    Layer{7, 128, 128, true, false},
                             Layer{10, 128, 256, false, true},  Layer{12, 256, 256, false, false},
                             Layer{14, 256, 256, true, false},  Layer{17, 256, 512, false, true},
                             Layer{19, 512, 512, false, false}, Layer{21, 512, 512, true, false}};

}  // namespace

Vgg16Distance::Vgg16Distance(const std::filesystem::path& weights, const torch::Device& device) {
  const auto tensors = readWeights(weights);
  for (const auto& layer : kLayers) {
    const auto name = "features." + std::to_string(layer.feature);
    const auto weight = tensors.find(name + ".weight"), bias = tensors.find(name + ".bias");
    if (weight == tensors.end() || bias == tensors.end() ||
        weight->second.sizes() != torch::IntArrayRef({layer.out, layer.in, 3, 3}) ||
        bias->second.sizes() != torch::IntArrayRef({layer.out}))
      throw Error("These are not VGG-16's weights", weights.string() + ", " + name,
                  "Choose torchvision's vgg16, as vgg16.pth or as safetensors.");
    layers_.emplace_back(weight->second.to(device, torch::kFloat), bias->second.to(device, torch::kFloat));
  }
}

std::vector<torch::Tensor> Vgg16Distance::responses(const torch::Tensor& pictures) const {
  const auto mean = torch::tensor({0.485, 0.456, 0.406}, pictures.options()).view({1, 3, 1, 1});
  const auto deviation = torch::tensor({0.229, 0.224, 0.225}, pictures.options()).view({1, 3, 1, 1});
  auto x = (pictures.flip({1}) - mean) / deviation;
  std::vector<torch::Tensor> slices;
  for (std::size_t i = 0; i < kLayers.size(); ++i) {
    if (kLayers[i].poolsBefore) x = torch::max_pool2d(x, 2);
    x = torch::conv2d(x, layers_[i].first, layers_[i].second, 1, 1).relu();
    if (kLayers[i].sliceEnds) slices.push_back(x);
  }
  return slices;
}

torch::Tensor Vgg16Distance::operator()(const torch::Tensor& prediction, const torch::Tensor& target) const {
  const auto ours = responses(prediction);
  const auto theirs = [&] {
    torch::NoGradGuard noGrad;
    return responses(target);
  }();
  auto distance = torch::zeros({}, prediction.options());
  for (std::size_t i = 0; i < ours.size(); ++i) distance = distance + (ours[i] - theirs[i]).abs().mean();
  return distance;
}

}  // namespace fw
