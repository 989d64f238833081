#pragma once
#include <opencv2/core.hpp>
#include <span>
#include <vector>

namespace fw {

enum class DuplicateMode { Off, Automatic, On };

/// How much the liveliest part of the picture changed, in grey levels of 255: small for a repeated frame that
/// was compressed again, large as soon as anything moves anywhere. Both of one size, 8- or 16-bit BGR.
double liveliestChange(const cv::Mat& first, const cv::Mat& second);

/// The frames that only repeat the one before (animation on twos, 24-in-30 telecine, stutter), rising.
/// `changes[i]` is the liveliestChange() from frame i−1 to frame i (the first is not looked at); `cuts` are
/// frames that begin a scene. A frame is a repeat when it changes far less than the frames around it, so the
/// threshold follows the noise of the clip; a still scene is none. Automatic: only where many frames are
/// repeats.
std::vector<int64_t> findDuplicates(std::span<const float> changes, std::span<const int64_t> cuts,
                                    DuplicateMode mode);

}  // namespace fw
