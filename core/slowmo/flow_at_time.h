#pragma once
#include <array>
#include <opencv2/core.hpp>
#include <vector>

#include "core/slowmo/flow_motion.h"

namespace fw {

/// One guess at what each pixel of the made frame does on its way from the first frame to the second.
struct Hypothesis {
  cv::Mat motion;                   ///< CV_32FC2, from the first frame to the second
  cv::Mat firstShare, secondShare;  ///< CV_32FC1: how much of the pixel each frame gives when moved so
  cv::Mat bend{};  ///< CV_32FC2: how far both are read beside the straight way; empty: not at all
};

/// What is known of the frame at one time, at the size its motion was found in. What the shares of all
/// hypotheses leave up to 1 is the safer mix: a cross-fade, which is dull but never torn.
struct MotionAtTime {
  std::vector<Hypothesis> hypotheses;
  cv::Mat confidence;  ///< CV_32FC1, 0 … 1
};

/// The motion of what is seen at `time`, as the first frame's motion has it and as the second one's has.
std::array<cv::Mat, 2> carriedTo(double time, const FoundMotion& motion, bool twoThreads);

/// Carries both motions to `time` (0: first frame, 1: second). With `several` the two directions stay two
/// hypotheses whose pictures are mixed, else they become one motion: half the work, and about 0.14 dB less.
MotionAtTime motionAtTime(const TwoWayMotion& motion, double time, bool several, bool twoThreads);

}  // namespace fw
