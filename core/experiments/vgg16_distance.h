#pragma once
#include <torch/torch.h>

#include <filesystem>
#include <utility>
#include <vector>

namespace fw {

/// How differently VGG-16 (Simonyan 2014) sees two pictures: the loss that made the original's middle frames
/// sharp. Its weights are not ours to bundle; a person brings torchvision's
/// vgg16.pth, or the same as safetensors ("features.0.weight" …).
class Vgg16Distance {
 public:
  Vgg16Distance(const std::filesystem::path& weights,
                const torch::Device& device);  ///< throws Error when they do not fit
  /// Sum of the mean absolute differences at relu1_2, relu2_2, relu3_3 and relu4_3; pictures are BGR in 0
  /// … 1.
  torch::Tensor operator()(const torch::Tensor& prediction, const torch::Tensor& target) const;

 private:
  std::vector<torch::Tensor> responses(const torch::Tensor& pictures) const;
  std::vector<std::pair<torch::Tensor, torch::Tensor>> layers_;  // weight and bias
};

}  // namespace fw
