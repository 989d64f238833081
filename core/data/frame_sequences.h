#pragma once
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/data/short_clips.h"

namespace fw {

/// Runs of neighbouring frames to predict from, 8-bit, gray or BGR. Training and held-out ones never share a
/// frame.
class FrameSequences {
 public:
  static FrameSequences sprites(int side);              ///< endless moving digits and shapes, gray
  static FrameSequences blobs(int side);                ///< the blob world's videos, its own split, gray
  static FrameSequences clips(std::vector<ShortClip>);  ///< the last quarter of each clip is held out, BGR

  int channels() const;
  /// `length` frames to train on; a square of at most `side` out of a clip.
  std::vector<cv::Mat> training(int length, int side, Random& random) const;
  /// The same for the same index, whole frames. Throws Error when clips are too short for `length`.
  std::vector<cv::Mat> heldOut(int length, std::size_t index) const;
  std::string name(std::size_t index) const;

 private:
  enum class Kind { Sprites, Blobs, Clips } kind_ = Kind::Sprites;
  int side_ = 0;
  std::vector<ShortClip> clips_;
};

}  // namespace fw
