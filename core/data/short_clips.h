#pragma once
#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace fw {

/// A few hundred small frames, wholly in memory: what a network is trained on while a person watches.
struct ShortClip {
  std::string name;
  std::vector<cv::Mat> frames;  ///< 8-bit BGR, one size
};

/// Videos and folders of frames, or folders of these; scaled down to `height` and cut so that both sides are
/// multiples of `multiple`. Throws Error when one cannot be read or none has three frames.
std::vector<ShortClip> readClips(const std::vector<std::string>& paths, int height, int multiple,
                                 std::size_t mostFrames);
/// The clip that comes with the program.
std::vector<ShortClip> sampleClips(int height, int multiple);

}  // namespace fw
