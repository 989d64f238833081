#pragma once
#include <torch/torch.h>

namespace fw {

/// Weights that keep the strength of a signal through rectified layers (He 2015), biases of zero. PyTorch's
/// own default loses about half of it in each layer, so that a chain of ten begins with next to nothing to
/// learn from.
void initialiseForRectifiers(torch::nn::Module& module);

}  // namespace fw
