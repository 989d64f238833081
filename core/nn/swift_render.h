#pragma once
#include <opencv2/core.hpp>

#include "core/nn/swift.h"

namespace fw {

struct SwiftOptions {
  int reduction = 1;  ///< the network sees the frames this many times smaller; warping is always at full size
  torch::ScalarType type = torch::kFloat32;
  torch::Device device = torch::kCPU;
  bool residual = true;
  int threads = 1;
  int tile = 1024;  ///< larger pictures go through the network in overlapping parts, so memory stays flat
};

struct SwiftFrame {
  cv::Mat image;       ///< of the frames' type
  cv::Mat confidence;  ///< CV_8UC1: low where the two sides disagree and neither was clearly chosen
};

/// How a frame was made, at full size.
struct SwiftThoughts {
  cv::Mat flowToFirst, flowToSecond;  ///< CV_32FC2, pixels of the frame
  cv::Mat share;                      ///< CV_32FC1: of the first frame
  cv::Mat warpedFirst, warpedSecond;
};

/// Two frames (8- or 16-bit BGR, any size) and what is known of the motion between them; gives the frame at
/// any time.
class SwiftPair {
 public:
  SwiftPair(const cv::Mat& first, const cv::Mat& second, const SwiftOptions& options);
  SwiftFrame at(SwiftNet& net, double time, SwiftThoughts* thoughts = nullptr) const;

 private:
  SwiftOutput foreseen(SwiftNet& net, double time) const;

  cv::Mat first_, second_;            // as given
  cv::Mat smallFirst_, smallSecond_;  // 8 bit, padded to the grid, reduced
  PairFlow flow_;
  SwiftOptions options_;
};

}  // namespace fw
