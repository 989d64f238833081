#pragma once
#include <opencv2/core.hpp>

#include "core/slowmo/engine.h"

namespace fw {

/// How carefully motion is looked for. Motion is computed on pictures reduced so that no side exceeds
/// `longestSide`, and at most to `scale`; this bounds time and memory for frames of any size.
struct MotionOptions {
  double scale = 0.5;
  int longestSide = 960;
  int finestScale = 0;  ///< DIS: 0 looks at every pixel of the reduced pictures, 1 at half of them
  int patchStride = 4;
  int descentIterations = 16;
  int refinementIterations = 5;
  bool twoThreads = true;
};

/// Motion between two frames, in pixels of the reduced pictures it was found in.
struct TwoWayMotion {
  cv::Mat first, second;      ///< CV_8UC1, reduced
  cv::Mat forward, backward;  ///< CV_32FC2: from each pixel of the one picture to where it is in the other
};

TwoWayMotion estimateMotion(const FramePair& pair, const MotionOptions& options);

}  // namespace fw
