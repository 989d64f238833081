#pragma once
#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "core/slowmo/engine.h"

/// Real or made motion with the middle frames hidden.
namespace fw::bench {

/// A stretch of one sequence: the frames an engine sees and, between each two of them, the true one.
struct Stretch {
  std::string name;
  std::vector<cv::Mat> seen;   ///< n + 1 frames
  std::vector<cv::Mat> truth;  ///< n frames
};

/// Frames i and i + 1 of those that are seen, with their neighbours.
FramePair pairOf(const std::vector<cv::Mat>& seen, std::size_t i);

/// `count` consecutive triplets from the middle of each sequence (a folder of pictures) in `folder`; only of
/// those that are named, when any of them is there.
std::vector<Stretch> realStretches(const std::filesystem::path& folder, int count,
                                   const std::vector<std::string>& names = {});
/// Textured things that move before and behind each other, for machines without the data.
std::vector<Stretch> madeStretches(int count);

}  // namespace fw::bench
