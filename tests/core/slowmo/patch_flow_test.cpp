#include "core/slowmo/patch_flow.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "core/slowmo/nearby_motion.h"
#include "tests/core/slowmo/engine_motion.h"

namespace fw {
namespace {

cv::Mat greyAt(cv::Size size, double dx, double dy, double time) {
  cv::Mat grey;
  cv::cvtColor(scene::translating(size, dx, dy, time), grey, cv::COLOR_BGR2GRAY);
  return grey;
}

PatchFlow flowOf(const cv::Mat& first, const cv::Mat& second, Scan scan = Scan::FromLeft,
                 bool twoThreads = false) {
  return patchFlow(PatchPicture(first), PatchPicture(second), scan, twoThreads);
}

// The mean distance from `motion` of what was found, away from the rim.
double distanceFrom(const cv::Vec2f& motion, const cv::Mat& field) {
  constexpr int kRim = 32;
  const cv::Mat inner = field(cv::Rect(kRim, kRim, field.cols - 2 * kRim, field.rows - 2 * kRim));
  double sum = 0;
  for (const cv::Vec2f& found : cv::Mat_<cv::Vec2f>(inner)) sum += cv::norm(found - motion);
  return sum / static_cast<double>(inner.total());
}

TEST(PatchFlow, FindsPartsOfPixelsAndFastPans) {
  for (const auto& [dx, dy] : {std::pair(0.4, -0.3), {3.4, -2.2}, {-24.0, 6.5}}) {
    const cv::Size size(240, 160);
    const cv::Vec2f motion(static_cast<float>(dx), static_cast<float>(dy));
    for (const Scan scan : {Scan::FromLeft, Scan::FromRight}) {
      const PatchFlow flow = flowOf(greyAt(size, dx, dy, 0), greyAt(size, dx, dy, 1), scan);
      EXPECT_LT(distanceFrom(motion, flow.forward), 0.15) << dx << " " << dy;
      EXPECT_LT(distanceFrom(-motion, flow.backward), 0.15) << dx << " " << dy;
    }
  }
}

TEST(PatchFlow, FromTheRightItIsTheMirrorImage) {
  const cv::Size size(128, 128);  // patches fill it whole, and its halves
  const auto mirrored = [](const cv::Mat& picture) {
    cv::Mat other;
    cv::flip(picture, other, 1);
    return other;
  };
  const cv::Mat first = greyAt(size, 5, 3, 0), second = greyAt(size, 5, 3, 1);
  const PatchFlow left = flowOf(first, second),
                  right = flowOf(mirrored(first), mirrored(second), Scan::FromRight);
  cv::Mat difference;
  cv::absdiff(left.forward, mirrored(right.forward).mul(cv::Scalar(-1, 1)), difference);
  EXPECT_LT(cv::mean(difference)[0] + cv::mean(difference)[1], 0.01);
}

TEST(PatchFlow, IsTheSameOnTwoThreads) {
  const cv::Mat first = greyAt({97, 61}, 5, 3, 0), second = greyAt({97, 61}, 5, 3, 1);
  const PatchFlow one = flowOf(first, second), two = flowOf(first, second, Scan::FromLeft, true);
  EXPECT_EQ(cv::norm(one.forward, two.forward, cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(one.backward, two.backward, cv::NORM_INF), 0);
}

// What lies over an edge of motion is mended from the sides; where nothing is wrong nothing changes.
TEST(NearbyMotion, EdgesOfMotionAreWhereThoseOfThePictureAre) {
  const cv::Size size(90, 70);
  const cv::Rect card(30, 20, 30, 30);
  const cv::Mat behind = greyAt(size, 0, 0, 0);
  cv::Mat cardLook;
  cv::flip(behind(card), cardLook, -1);
  const auto scene = [&](int right) {
    cv::Mat picture = behind.clone();
    cardLook.copyTo(picture(card + cv::Point(right, 0)));
    return picture;
  };
  const PatchPicture first(scene(0)), second(scene(6));
  const auto motion = [&](int wider) {
    cv::Mat field = cv::Mat::zeros(size, CV_32FC2);
    field(cv::Rect(card.tl() - cv::Point(wider, wider), card.size() + cv::Size(2 * wider, 2 * wider)))
        .setTo(cv::Scalar(6, 0));
    return field;
  };
  const auto wrong = [&](const cv::Mat& field) {
    cv::Mat away;
    cv::absdiff(field, motion(0), away);
    // To its right the card hides what was there: nothing can be known.
    away(cv::Rect(card.x + card.width, card.y - 3, 9, card.height + 6)).setTo(0);
    return cv::norm(away, cv::NORM_L1) / 6;
  };
  const auto mended = [&](const cv::Mat& field) {
    return motionOfNearby(field, first.levels()[0], second.levels()[0]);
  };
  EXPECT_LT(wrong(mended(motion(3))), 0.25 * wrong(motion(3)));
  EXPECT_LT(wrong(mended(motion(0))), 0.02 * card.area());
}

TEST(PatchFlow, StaysWhereThereIsNothingToHoldOnTo) {
  for (const cv::Size size : {cv::Size(8, 8), cv::Size(9, 70), cv::Size(200, 33)}) {
    const PatchFlow flow = flowOf(cv::Mat(size, CV_8U, cv::Scalar(40)), cv::Mat(size, CV_8U, cv::Scalar(90)));
    EXPECT_EQ(flow.forward.size(), size);
    EXPECT_EQ(cv::norm(flow.forward, cv::NORM_INF), 0) << size;
    EXPECT_EQ(cv::norm(flow.backward, cv::NORM_INF), 0) << size;
  }
}

TEST(PatchFlow, TakesWhateverIsSmall) {
  cv::RNG random(3);
  for (int width = 8; width < 40; width += 5) {
    cv::Mat first(width + 3, width, CV_8U), second = first.clone();
    random.fill(first, cv::RNG::UNIFORM, 0, 256);
    random.fill(second, cv::RNG::UNIFORM, 0, 256);
    const PatchFlow flow = flowOf(first, second);
    EXPECT_TRUE(cv::checkRange(flow.forward)) << width;
    EXPECT_TRUE(cv::checkRange(flow.backward)) << width;
  }
}

}  // namespace
}  // namespace fw
