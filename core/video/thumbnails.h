#pragma once
#include <filesystem>
#include <opencv2/core.hpp>
#include <span>
#include <stop_token>
#include <vector>

namespace fw {

/// One small 8-bit BGR picture, at most `height` pixels high, for each moment (seconds from the first frame).
/// Fewer when asked to stop.
std::vector<cv::Mat> thumbnails(const std::filesystem::path& file, std::span<const double> seconds,
                                int height, std::stop_token stop);

}  // namespace fw
