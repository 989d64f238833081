#pragma once
#include <opencv2/core.hpp>

#include "core/base/random.h"

/// What a picture may suffer and still show the same thing. 8-bit, gray or BGR.
namespace fw {

cv::Mat blurred(const cv::Mat& picture, Random& random);  ///< a Gaussian of up to 1.2 pixels
cv::Mat elastic(const cv::Mat& picture,
                Random& random);  ///< every part shifted a little its own way (Simard 2003)
cv::Mat partlyErased(const cv::Mat& picture, Random& random);  ///< a rectangle of noise (Zhong 2017)
cv::Mat shiftedBy(const cv::Mat& picture, int dx, int dy);     ///< the border is repeated

}  // namespace fw
