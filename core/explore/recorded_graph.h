#pragma once
#include <torch/csrc/autograd/function.h>
#include <torch/torch.h>

#include <string>
#include <vector>

/// The computation that autograd recorded, as layers are read from it. Private to core/explore.
namespace fw {

/// In the order of the forward pass.
std::vector<const torch::autograd::Node*> nodesOf(const torch::Tensor& output);
/// "torch::nn::Conv2dImpl" -> "Conv2d"
std::string kindOf(const torch::nn::Module& module);
/// "MaxPool2DWithIndicesBackward0" -> "MaxPool2D"; empty for operations that only look at the same numbers
/// anew.
std::string kindOf(const torch::autograd::Node& node);
/// The parameters an operation takes, directly or through a transposition and the like.
void collectParameters(const torch::autograd::Node& node, std::vector<torch::Tensor>& into);
/// What a person calls a shape: without the batch.
std::string shapeText(const std::vector<int64_t>& shape);

}  // namespace fw
