#pragma once
#include <torch/torch.h>

namespace fw {

/// Backward warping: result(x) = image(x + flow(x)), bilinear, the border repeated. Image [N,C,H,W]; flow
/// [N,2,H,W] in pixels, x before y; or of an inner part of the image that begins `rim` pixels from the left
/// and from above.
torch::Tensor warp(const torch::Tensor& image, const torch::Tensor& flow, int64_t rim = 0);

}  // namespace fw
