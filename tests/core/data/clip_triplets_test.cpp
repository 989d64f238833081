#include "core/data/clip_triplets.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/error.h"
#include "core/data/moving_sprites.h"

namespace fw {
namespace {

/// Frames that say their own number.
ShortClip numbered(int frames) {
  ShortClip clip{"clip", {}};
  for (int i = 0; i < frames; ++i) clip.frames.emplace_back(8, 8, CV_8UC3, cv::Scalar(i, 0, 0));
  return clip;
}

int number(const cv::Mat& frame) { return frame.at<cv::Vec3b>(0, 0)[0]; }

TEST(ClipTriplets, NoTrainingTripletSharesAFrameWithAHeldOutOne) {
  std::set<int> training, heldOut;
  const ClipTriplets one({numbered(60)});
  for (std::size_t i = 0; i < one.trainingCount(); ++i)
    for (const auto& frame : {one.training(i).first, one.training(i).middle, one.training(i).second})
      training.insert(number(frame));
  for (std::size_t i = 0; i < one.heldOutCount(); ++i)
    for (const auto& frame : {one.heldOut(i).first, one.heldOut(i).middle, one.heldOut(i).second})
      heldOut.insert(number(frame));
  for (const int frame : heldOut) EXPECT_FALSE(training.contains(frame)) << frame;
  EXPECT_GE(heldOut.size(), 10U);
}

TEST(ClipTriplets, SaysWhenThereIsNothingToKeepForTesting) {
  EXPECT_THROW(ClipTriplets({numbered(5)}), Error);
}

TEST(MovingSprites, StayInThePictureAndMove) {
  Random random(2);
  const auto frames = movingSprites(40, 32, 2, random);
  ASSERT_EQ(frames.size(), 40U);
  for (std::size_t i = 1; i < frames.size(); ++i) {
    EXPECT_GT(cv::countNonZero(frames[i]), 20);
    EXPECT_GT(cv::norm(frames[i], frames[i - 1], cv::NORM_L1), 0);
  }
}

}  // namespace
}  // namespace fw
