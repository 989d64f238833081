#include "core/nn/classifiers.h"

namespace fw {
namespace {

/// A 5×5 convolution without padding takes 4, pooling halves.
int64_t afterConvolution(int64_t side) { return (side - 4) / 2; }

}  // namespace

ConvClassifierImpl::ConvClassifierImpl(int64_t channels, int64_t height, int64_t width, int64_t classes)
    : conv1(register_module("conv1", torch::nn::Conv2d(channels, 6, 5))),
      conv2(register_module("conv2", torch::nn::Conv2d(6, 16, 5))),
      fc1(register_module("fc1", torch::nn::Linear(16 * afterConvolution(afterConvolution(height)) *
                                                       afterConvolution(afterConvolution(width)),
                                                   120))),
      fc2(register_module("fc2", torch::nn::Linear(120, 84))),
      fc3(register_module("fc3", torch::nn::Linear(84, classes))) {}

torch::Tensor ConvClassifierImpl::forward(torch::Tensor x) {
  x = torch::max_pool2d(conv1(x).relu(), 2);  // 6 × 28² → 6 × 14²
  x = torch::max_pool2d(conv2(x).relu(), 2);  // 16 × 10² → 16 × 5²
  return fc3(fc2(fc1(x.flatten(1)).relu()).relu());
}

DenseClassifierImpl::DenseClassifierImpl(int64_t inputs, int64_t classes)
    : fc1(register_module("fc1", torch::nn::Linear(inputs, 120))),
      fc2(register_module("fc2", torch::nn::Linear(120, 84))),
      fc3(register_module("fc3", torch::nn::Linear(84, classes))) {}

torch::Tensor DenseClassifierImpl::forward(torch::Tensor x) {
  return fc3(fc2(fc1(x.flatten(1)).relu()).relu());
}

}  // namespace fw
