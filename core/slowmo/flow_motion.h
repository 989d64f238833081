#pragma once
#include <memory>
#include <opencv2/core.hpp>

#include "core/slowmo/engine.h"
#include "core/slowmo/patch_flow.h"

namespace fw {

/// Whether both are the very same pixels in memory: what was found for the one serves the other.
inline bool sameFrame(const cv::Mat& a, const cv::Mat& b) {
  return a.data == b.data && a.size() == b.size() && a.type() == b.type();
}

bool samePair(const FramePair& a, const FramePair& b);

/// How carefully motion is looked for. It is looked for in reduced pictures, which bounds time and memory for
/// frames of any size; small frames are not reduced.
struct MotionOptions {
  int longestSide = 320;       ///< of the reduced pictures, in pixels …
  double smallestScale = 0.2;  ///< … but never below this part of the frame …
  int largestSide = 1280;      ///< … nor above this
  bool twoThreads = true;
};

/// Of the qualities "fast", "balanced" and "best", as every engine that looks for motion offers them.
MotionOptions motionOptions(const std::string& quality);

/// Where pixels of one frame of a pair are on the side away from the other.
struct MotionBeyond {
  cv::Mat motion{}, trust{};  ///< as in TwoWayMotion, to the neighbour; empty where there is none
  double distance = 1;        ///< Neighbour::distance
};

/// Motion between two frames as one search found it, in pixels of the reduced pictures.
struct FoundMotion {
  cv::Mat forward, backward;  ///< CV_32FC2: from each pixel of the one picture to where it is in the other
  cv::Mat trustFirst,
      trustSecond;  ///< CV_32FC1: 1 where a pixel is found again and looks alike, towards 0 where not
};

struct TwoWayMotion : FoundMotion {
  cv::Mat first, second;  ///< CV_8UC1, reduced
  MotionBeyond beforeFirst{}, afterSecond{};
  FoundMotion again{};  ///< MotionSearch::again; empty unless asked for
};

/// Looks for motion between two frames. What it prepares of a frame serves the next search too: frames must
/// not be written to while this lives.
class MotionSearch {
 public:
  explicit MotionSearch(const MotionOptions& options) : options_(options) {}
  TwoWayMotion between(const cv::Mat& first, const cv::Mat& second);
  /// In larger pictures, small frames even enlarged, and going over them the other way: of what is small, and
  /// where many places look alike, this finds other motion. In pixels of the reduced pictures.
  FoundMotion again(const cv::Mat& first, const cv::Mat& second);

 private:
  struct Prepared {
    cv::Mat frame, reduced;
    PatchPicture picture;
  };
  struct PreparedPair {
    std::shared_ptr<const Prepared> first, second;
  };
  void prepare(const cv::Mat& first, const cv::Mat& second, cv::Size size, PreparedPair& known) const;
  FoundMotion found(const PreparedPair& pair, Scan scan) const;

  MotionOptions options_;
  PreparedPair reduced_, near_;  ///< those asked for last, and at the size of again()
};

/// Of one pair alone.
TwoWayMotion estimateMotion(const FramePair& pair, const MotionOptions& options);

/// Where pixels that move by factor × motion come from. CV_32FC2.
cv::Mat placesOf(const cv::Mat& motion, float factor);
/// `picture` as seen from there; what lies outside repeats the rim.
cv::Mat readAt(const cv::Mat& picture, const cv::Mat& places);
/// Both in one.
cv::Mat movedBy(const cv::Mat& picture, const cv::Mat& motion, float factor);

}  // namespace fw
