#pragma once
#include <opencv2/core.hpp>

#include "core/nn/swift.h"

namespace fw {

struct SwiftOptions {
  int reduction = 1;  ///< the network sees the frames this many times smaller; warping is always at full size
  torch::ScalarType type = torch::kFloat32;
  bool residual = true;
  int threads = 1;
};

struct SwiftFrame {
  cv::Mat image;                      ///< of the frames' type
  cv::Mat flowToFirst, flowToSecond;  ///< CV_32FC2, pixels of the frame
  cv::Mat mask;                       ///< CV_32FC1: the share of the first frame
  cv::Mat warpedFirst, warpedSecond;
};

/// Two frames (8- or 16-bit BGR, any size) and what is known of the motion between them; gives the frame at
/// any time.
class SwiftPair {
 public:
  SwiftPair(const cv::Mat& first, const cv::Mat& second, const SwiftOptions& options);
  SwiftFrame at(SwiftNet& net, double time) const;

 private:
  cv::Mat first_, second_;            // as given
  cv::Mat smallFirst_, smallSecond_;  // 8 bit, reduced, padded to the grid
  cv::Size reduced_;                  // before padding
  PairFlow flow_;
  SwiftOptions options_;
};

}  // namespace fw
