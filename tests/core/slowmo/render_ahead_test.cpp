#include "core/slowmo/render_ahead.h"

#include <gtest/gtest.h>

#include <atomic>

#include "core/base/error.h"
#include "tests/core/slowmo/engine_motion.h"

namespace fw {
namespace {

const cv::Size kSize(64, 48);

// Nothing moves; says how often it was asked.
class Still {
 public:
  RenderAhead::Motion motion() {
    return [this](const FramePair&, double time) {
      ++asked;
      if (time == kFails) throw Error("No motion", "", "");
      const cv::Mat half(kSize, CV_32F, cv::Scalar(0.5));
      return MotionAtTime{{{cv::Mat::zeros(kSize, CV_32FC2), half, half}}, half};
    };
  }
  static constexpr double kFails = 0.875;
  std::atomic<int> asked = 0;
};

FramePair pairAt(int number) {
  return {scene::translating(kSize, 0, 0, 0).clone(), cv::Mat(kSize, CV_8UC3, cv::Scalar::all(number))};
}

TEST(RenderAhead, LooksForEachMotionOnce) {
  Still still;
  RenderAhead render(still.motion(), false, true);
  const FramePair first = pairAt(1), second = pairAt(2);
  const double three[] = {0.25, 0.5, 0.75}, half[] = {0.5};
  render.expect({{second, 0.5}});
  EXPECT_EQ(render.between(first, three).size(), 3U);
  EXPECT_EQ(render.between(second, half).size(), 1U);
  EXPECT_EQ(still.asked, 4);
}

TEST(RenderAhead, WhatDoesNotComeIsForgotten) {
  Still still;
  RenderAhead render(still.motion(), false, true);
  const FramePair pair = pairAt(1);
  const double half[] = {0.5}, later[] = {0.75};
  render.expect({{pair, Still::kFails}, {{pair.first, cv::Mat()}, 0.5}});  // neither can be made
  EXPECT_NO_THROW(render.between(pair, half));
  EXPECT_NO_THROW(render.between(pair, later));
  const double fails[] = {Still::kFails};
  render.expect({{pair, Still::kFails}});
  render.between(pair, half);
  EXPECT_THROW(render.between(pair, fails), Error);
  EXPECT_NO_THROW(render.between(pair, half));
}

TEST(RenderAhead, OnOneThreadNothingIsBegun) {
  Still still;
  RenderAhead render(still.motion(), false, false);
  const FramePair pair = pairAt(1);
  const double half[] = {0.5};
  render.expect({{pair, 0.75}});
  render.between(pair, half);
  EXPECT_EQ(still.asked, 1);
}

}  // namespace
}  // namespace fw
