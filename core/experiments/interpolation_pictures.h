#pragma once
#include <string>
#include <vector>

#include "core/data/frame_windows.h"

namespace fw {

/// What interpolation trains on, and what it keeps aside: real sequences with frames hidden, mixed with
/// photographs set in motion.
class InterpolationPictures {
 public:
  struct Choice {
    std::vector<std::string> paths;  ///< empty: pictures are invented
    std::string heldOut;             ///< names of sequences, separated by commas; empty: every fifth
    std::string oneClip{};    ///< not empty: single frames are held out, and the others learned from as they
                              ///< are, at this quality of motion
    double from = 0, to = 0;  ///< seconds, the part of the one clip; `to` 0: its end
    double photoShare = 0.3;
    double aloneShare = 0.25;
    int crop = 192;     ///< side of the pictures that motion is looked for in
    bool swift = true;  ///< false: only middles that are halfway, and motion is looked for in whole pictures
  };
  explicit InterpolationPictures(const Choice& choice);

  /// The same seed gives the same sample. May be called from several threads.
  BetweenSample sample(uint64_t seed) const;
  const std::vector<BetweenSample>& heldOut() const { return heldOut_; }

 private:
  void useAll();
  void useOneClip();
  void fitCrop();
  BetweenSample drawn(Random& random) const;
  std::optional<BetweenSample> drawnWhole(const std::string& quality, Random& random) const;

  Choice choice_;
  FrameWindows windows_;
  std::vector<cv::Mat> photos_;
  std::vector<BetweenSample> heldOut_;
};

}  // namespace fw
