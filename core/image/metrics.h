#pragma once
#include <opencv2/core.hpp>

/// How far a picture is from the true one. Both must have the same size and type (8- or 16-bit, 1 or 3
/// channels).
namespace fw {

double meanAbsoluteError(const cv::Mat& a, const cv::Mat& b);  ///< in units of the full range: 0 … 1
double meanSquaredError(const cv::Mat& a, const cv::Mat& b);   ///< likewise
double psnr(const cv::Mat& a, const cv::Mat& b);               ///< dB; infinite for equal pictures
double ssim(const cv::Mat& a, const cv::Mat& b);  ///< Wang 2004: 11×11 Gaussian, σ 1.5, mean over channels
double sharpness(const cv::Mat& image);           ///< mean absolute Laplacian of the luma, 0 … 1

}  // namespace fw
