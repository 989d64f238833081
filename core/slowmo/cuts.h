#pragma once
#include <opencv2/core.hpp>
#include <optional>
#include <vector>

#include "core/slowmo/engine.h"

namespace fw {

/// Finds hard cuts in a stream of frames. A cut is where the picture cannot be explained as the one before,
/// moved and relit, where it stands out against its neighbours, and where it does not go back at once: fast
/// motion, camera shake, flashes and fades are none.
class CutDetector {
 public:
  /// 0: only what is beyond doubt; 1: everything that may be one.
  explicit CutDetector(double sensitivity = 0.5);

  /// Takes the next frame (any size, 8- or 16-bit BGR). The verdict looks one frame ahead: it says whether a
  /// cut lies before the frame handed in *before* this one. Empty for the first two, which nothing can be
  /// said about yet.
  std::optional<bool> next(const cv::Mat& frame);
  std::optional<bool> finish();  ///< the verdict about the last frame; empty when there was only one

 private:
  struct Look {
    cv::Mat grey, lab;
  };
  static Look lookAt(const cv::Mat& frame);
  static double change(const Look& first, const Look& second);
  bool verdict(double after, bool goesBack) const;

  double threshold_;
  Look beforeLast_, last_;
  double changeBefore_ = 0, change_ = 0;  // up to the frame before the last one, and up to the last one
  bool wentBack_ = false;                 // the last frame looks like the one before the one before it
  int seen_ = 0;
};

/// For each frame, whether a cut lies before it; never before the first.
std::vector<bool> cutsBefore(const std::vector<cv::Mat>& frames);

/// Takes away neighbours that belong to another scene than the pair.
void keepToScene(FramePair& pair);

}  // namespace fw
