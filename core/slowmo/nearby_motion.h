#pragma once
#include "core/slowmo/patch_flow.h"

namespace fw {

/// Patches are larger than what they lie on: motion found with them runs over edges. Each pixel is offered
/// the motion of places a few pixels away and takes what its close surroundings are found again by better.
/// `motion` is CV_32FC2, from pixels of the one picture to where they are in the other.
cv::Mat motionOfNearby(const cv::Mat& motion, const PatchPicture::Level& from, const PatchPicture::Level& to);

}  // namespace fw
