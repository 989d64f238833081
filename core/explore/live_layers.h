#pragma once
#include <torch/torch.h>

#include "core/explore/layer_meter.h"

namespace fw {

/// Meters every layer with weights, and every rectifier, sigmoid and tanh, that autograd recorded while
/// `output` was computed: their inputs are still in that graph, so nothing is asked of the network's
/// forward(). Gradients are those the last step left behind. Changes nothing; the module must be in
/// evaluation mode.
std::vector<LayerMeter> meterLayers(const std::string& name, const torch::nn::Module& module,
                                    const torch::Tensor& output);

}  // namespace fw
