#pragma once
#include <opencv2/core.hpp>
#include <vector>

#include "core/base/random.h"

namespace fw {

/// Digits and shapes that fly straight, bounce off the walls and pass in front of one another (after Moving
/// MNIST, Srivastava 2015, with occlusion instead of sums). `frames` gray pictures of side × side, CV_8UC1.
std::vector<cv::Mat> movingSprites(int frames, int side, int sprites, Random& random);

}  // namespace fw
