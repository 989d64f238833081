#pragma once
#include <span>

#include "core/data/between_sample.h"

namespace fw {

/// Photographs set in motion: a background and a few cut-out layers, each shifting, turning and zooming its
/// own way. The between frame at any time is exact, with true occlusion.
BetweenSample layeredMotion(std::span<const cv::Mat> photos, int side, Random& random);

/// The same, with the between frame exactly in the middle.
BetweenSample layeredMiddle(std::span<const cv::Mat> photos, int side, Random& random);

/// A picture with something of a photograph's statistics (clouds of all sizes, edges, stripes), for when
/// there is none.
cv::Mat inventedPhoto(int side, Random& random);

}  // namespace fw
