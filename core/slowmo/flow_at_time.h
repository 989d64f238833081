#pragma once
#include <opencv2/core.hpp>

#include "core/slowmo/flow_motion.h"

namespace fw {

/// What is known about each pixel of the frame at one time between two, at the size the motion was found in.
struct MotionAtTime {
  cv::Mat motion;        ///< CV_32FC2: the way from the first to the second frame of what is seen here
  cv::Mat secondWeight;  ///< CV_32FC1, 0 … 1: how much of this pixel the second frame gives
  cv::Mat confidence;    ///< CV_32FC1, 0 … 1
};

/// Carries both motions to `time` (0: first frame, 1: second).
MotionAtTime motionAtTime(const TwoWayMotion& motion, double time);

}  // namespace fw
