#pragma once
#include <torch/torch.h>

namespace fw {

/// Backward warping: result(x) = image(x + flow(x)), bilinear, the border repeated. Image [N,C,H,W]; flow
/// [N,2,H,W] in pixels, x before y.
torch::Tensor warp(const torch::Tensor& image, const torch::Tensor& flow);

}  // namespace fw
