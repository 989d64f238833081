#pragma once
/// 8-bit 4:2:0, as nearly every clip stores its pictures, to BGR and back: a third of the time that swscale
/// takes for it. Private to core/video.
#include <opencv2/core.hpp>

namespace fw {

/// What the numbers of a picture mean.
struct PlaneColours {
  double red = 0.2126, blue = 0.0722;  ///< their parts in brightness; green has the rest
  bool fullRange = false;
};

/// The planes of a picture of even size, colour samples beside the left column, between two rows.
struct Planes {
  cv::Mat brightness, blueness, redness;  // CV_8UC1; the colours have half the size
};

/// `image` is CV_8UC3 and as large as the brightness.
void planesToBgr(const Planes& from, const PlaneColours& colours, cv::Mat& image);
/// What planesToBgr made becomes what it was made from: colours are not softened on the way there and back.
void bgrToPlanes(const cv::Mat& image, const PlaneColours& colours, Planes& to);

}  // namespace fw
