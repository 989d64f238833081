#pragma once
#include <opencv2/core.hpp>
#include <filesystem>

/// Pictures of numbers, with fixed value ranges.
namespace fw {

/// Signed: white where equal, red where `a` is brighter, blue where darker; full colour at ±`fullScale` of the range.
cv::Mat signedDifference(const cv::Mat& a, const cv::Mat& b, double fullScale = 0.25);
/// A single-channel float map as colours (viridis-like); values are clipped to [low, high].
cv::Mat heatMap(const cv::Mat& values, double low, double high);
/// Optical flow (CV_32FC2) as colours: hue is direction, saturation is length up to `longest` pixels.
cv::Mat flowColours(const cv::Mat& flow, double longest);

cv::Mat to8Bit(const cv::Mat& image);
/// Reads any picture OpenCV can read as 8-bit BGR; throws Error.
cv::Mat readImage(const std::filesystem::path& file);
/// Writes beside, then renames; the kind follows from the ending. Throws Error.
void writeImage(const std::filesystem::path& file, const cv::Mat& image);

}  // namespace fw
