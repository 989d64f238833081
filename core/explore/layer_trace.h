#pragma once
#include <torch/torch.h>

#include "core/explore/layer_table.h"

namespace fw {

/// Reads the layers of a network from the graph that autograd recorded while `output` was computed from
/// `input`: every layer with weights, and the operations between them, in the order they were computed. Works
/// for any forward(), however it is written. Layers the graph does not know come last, without a shape.
/// `module` is the network, `name` what to call it.
LayerTable traceLayers(const std::string& name, const torch::nn::Module& module, const torch::Tensor& input,
                       const torch::Tensor& output);

}  // namespace fw
