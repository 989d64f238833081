#pragma once
#include <opencv2/core.hpp>
#include <optional>
#include <vector>

namespace fw::bench {

struct Minterpolated {
  std::vector<cv::Mat> made;  ///< one between each two frames handed in; empty where ffmpeg made none
  double milliseconds = 0;    ///< processor time for one made frame, decoding and writing taken off
  double peakMegabytes = 0;   ///< of the whole process
};

/// What `ffmpeg -vf minterpolate=mi_mode=mci` (its other settings at their best known: aobmc, bidir, vsbmc)
/// makes of a lossless clip of these frames. Empty when there is no ffmpeg.
std::optional<Minterpolated> minterpolate(const std::vector<cv::Mat>& frames);

}  // namespace fw::bench
