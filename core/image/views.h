#pragma once
#include <filesystem>
#include <opencv2/core.hpp>

/// Pictures of numbers, with fixed value ranges.
namespace fw {

/// Signed: white where equal, red where `a` is brighter, blue where darker; full colour at ±`fullScale` of
/// the range. Of several channels the one that differs most speaks.
cv::Mat signedDifference(const cv::Mat& a, const cv::Mat& b, double fullScale = 0.25);
/// A single-channel map as colours (viridis); values are clipped to [low, high], what is no number shows as
/// low.
cv::Mat heatMap(const cv::Mat& values, double low, double high);
/// Optical flow (CV_32FC2) as colours: hue is direction, saturation is length up to `longest` pixels.
cv::Mat flowColours(const cv::Mat& flow, double longest);
/// The key to flowColours: a disc of `size` × `size` pixels whose rim moves by `longest`, white outside.
cv::Mat flowLegend(int size);

/// 16-bit and float (0 … 1) pictures as 8-bit, rounded; 8-bit ones as they are.
cv::Mat to8Bit(const cv::Mat& image);
/// Reads any picture OpenCV can read as 8-bit BGR; throws Error.
cv::Mat readImage(const std::filesystem::path& file);
/// Writes beside, then renames; the kind follows from the ending. Throws Error.
void writeImage(const std::filesystem::path& file, const cv::Mat& image);

}  // namespace fw
