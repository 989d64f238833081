#pragma once
#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

namespace fw {

enum class FrameRole { Input, Target, Prediction, Difference, Baseline, Other };

/// One picture of a gallery: 8-bit, one or three channels (BGR). `low` and `high` are what 0 and 255 stand
/// for, so that the pixel under the cursor reads in the experiment's own units.
struct GalleryFrame {
  std::string label;  ///< "input", "true middle", …
  FrameRole role = FrameRole::Other;
  cv::Mat image;
  std::vector<cv::Mat> animation = {};  ///< when not empty it plays in place of `image`
  double low = 0.0, high = 1.0;
};

struct GalleryRow {
  std::string name;  ///< "sample 3", "unseen pattern 12"
  std::vector<GalleryFrame> frames;
};

using Gallery = std::vector<GalleryRow>;

/// Adds the signed difference prediction − target (blue: too dark, red: too bright, white: equal) to each row
/// that has both.
void addDifferences(Gallery& gallery);

/// Galleries of several runs as one: the same sample once, with its truth and what each run made of it
/// ("run 3: network"). Samples that only one run saw keep a row of their own ("run 3: picture 2").
Gallery sideBySide(const std::vector<std::pair<std::string, Gallery>>& runs);

}  // namespace fw
