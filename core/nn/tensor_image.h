#pragma once
#include <torch/torch.h>
#include <opencv2/core.hpp>
#include <span>

/// cv::Mat <-> tensor. It lives here rather than in core/image so that image, video and store stay free of
/// LibTorch.
namespace fw {

/// 8-, 16-bit or float picture, gray or BGR, to float [C, H, W] in 0…1 with channels in the picture's own
/// (BGR) order; or a field of vectors, as it is.
torch::Tensor toTensor(const cv::Mat& image);
/// Float [C, H, W] or [1, C, H, W], C = 1 or 3; values are clipped to 0…1 and rounded to 8 bit.
cv::Mat toImage(const torch::Tensor& tensor);
/// [N, C, H, W] from pictures of one size.
torch::Tensor toBatch(std::span<const cv::Mat> images);

}  // namespace fw
