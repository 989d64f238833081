#pragma once
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "core/base/random.h"

/// What interpolation is learned from: two frames and the true one between them.
namespace fw {

struct BetweenSample {
  cv::Mat first, middle, second;     ///< 8-bit BGR, one size
  double time = 0.5;                 ///< where the middle is, in (0, 1)
  double reduction = 1;              ///< how many times smaller the pictures are that motion is looked for in
  std::string quality{};             ///< of whole frames: how swift looks for motion in them; empty: a crop
  std::vector<cv::Point2d> spots{};  ///< of whole frames: what is learned from, as parts of width and height
  bool searchedTwice = true;         ///< whether swift looks for motion twice where it has a choice
  cv::Mat before{}, after{};         ///< as far away again; empty where the sequence has none
};

/// The same, seen backwards.
void turnBack(BetweenSample& sample);

/// What a clip may look like on its way to us: mirrored, turned, backwards, other colours, JPEG, noise. The
/// truth is turned with the rest but neither compressed nor made noisy.
void augment(BetweenSample& sample, Random& random);

}  // namespace fw
