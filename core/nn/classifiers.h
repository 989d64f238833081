#pragma once
#include <torch/torch.h>

namespace fw {

/// The teaching notes' network (after LeCun 1998): two 5×5 convolutions with pooling, three dense layers.
/// 62,006 weights for 32 × 32 × 3 and ten classes. The output is logits.
struct ConvClassifierImpl : torch::nn::Module {
  ConvClassifierImpl(int64_t channels, int64_t height, int64_t width, int64_t classes);
  torch::Tensor forward(torch::Tensor x);
  torch::nn::Conv2d conv1, conv2;
  torch::nn::Linear fc1, fc2, fc3;
};
TORCH_MODULE(ConvClassifier);

/// The same task without convolutions: every pixel has a weight of its own to every neuron.
struct DenseClassifierImpl : torch::nn::Module {
  DenseClassifierImpl(int64_t inputs, int64_t classes);
  torch::Tensor forward(torch::Tensor x);
  torch::nn::Linear fc1, fc2, fc3;
};
TORCH_MODULE(DenseClassifier);

}  // namespace fw
