#pragma once
#include <opencv2/core.hpp>

namespace fw {

/// A smaller picture, each pixel the mean of those that it covers; nearly so where these are no whole number.
cv::Mat shrunk(const cv::Mat& picture, cv::Size size);

/// As large as it takes to fill `size`, the middle of it.
cv::Mat cutToFit(const cv::Mat& image, cv::Size size);

}  // namespace fw
