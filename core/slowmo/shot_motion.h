#pragma once
#include <deque>
#include <mutex>

#include "core/slowmo/flow_motion.h"

namespace fw {

/// Looks for motion along a shot: what is found between two frames serves the pairs on both sides too. Frames
/// must not be written to while this lives.
class ShotMotion {
 public:
  /// Of which pairs TwoWayMotion::again is wanted too.
  enum class Again { Never, OfPairsAlone, Always };
  explicit ShotMotion(const MotionOptions& options, Again again = Again::Never)
      : search_(options), again_(again) {}

  /// Of the pair and, where it has neighbours, beyond it. What one frame shows and the other does not is then
  /// taken to move on as it did before, or will. Any thread may ask.
  TwoWayMotion of(const FramePair& pair);

 private:
  struct Found {
    cv::Mat first, second;
    TwoWayMotion motion;
  };
  const TwoWayMotion& between(const cv::Mat& first, const cv::Mat& second);
  TwoWayMotion allOf(const FramePair& pair);

  std::mutex asked_;
  MotionSearch search_;
  Again again_;
  std::deque<Found> found_;  // the latest last
  FramePair pair_;           // the last one that was asked for …
  TwoWayMotion motion_;      // … and its answer
};

/// As if all moved on as it did before, or will: what the neighbours alone say of the pair. Without
/// neighbours the pair's own motion.
TwoWayMotion goingOn(const TwoWayMotion& pair);

/// How far beside the straight way the pixels that move so are at `time`, by their acceleration before and
/// after. CV_32FC2; empty where no neighbour is known.
cv::Mat bendAt(const TwoWayMotion& pair, const cv::Mat& motion, double time);

}  // namespace fw
