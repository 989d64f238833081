#pragma once
#include <opencv2/core.hpp>
#include <stop_token>
#include <string>
#include <vector>

#include "core/slowmo/job.h"

namespace fw {

/// One picture of what an engine thought while it made a frame.
struct InsidePicture {
  enum class Legend { None, Flow, Scale };
  std::string name, meaning;  ///< "Motion vectors"; one sentence on how to read it
  cv::Mat image;
  Legend legend = Legend::None;
  double longest = 0;     ///< flow: pixels at the rim of the wheel
  std::string low, high;  ///< scale: what its ends mean
  cv::Mat values;         ///< what the value under the cursor is read from: CV_32FC2 or CV_32FC1
};

struct InsideQuestion {
  SlowmoRequest source;   ///< its settings say which engine
  double sourceTime = 0;  ///< a moment between two frames: the pair around it is taken
  double between = 0.5;   ///< how far from the first to the second
};

struct InsideLook {
  double firstTime = 0, secondTime = 0;
  double milliseconds = 0;  ///< for the one frame
  std::string engine;       ///< its title
  std::vector<InsidePicture> pictures;
};

/// Makes one frame and lays open how. Throws Error; takes as long as the engine does.
InsideLook lookInside(const InsideQuestion& question, std::stop_token stop);

}  // namespace fw
