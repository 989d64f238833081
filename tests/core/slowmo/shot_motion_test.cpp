#include "core/slowmo/shot_motion.h"

#include <gtest/gtest.h>

#include "core/image/metrics.h"
#include "core/slowmo/flow_at_time.h"
#include "core/slowmo/flow_render.h"
#include "tests/core/slowmo/engine_motion.h"

namespace fw {
namespace {

const cv::Size kSize(240, 160);

// Slows down from the left, stands still at time 1 and goes back.
cv::Mat thrown(double time) {
  const double height = 12 * time - 6 * time * time;
  return scene::translating(kSize, 1, 0.5, height);
}

FramePair pairOf(cv::Mat (*frameAt)(double), double before = 1, double after = 1) {
  return {frameAt(0), frameAt(1), {frameAt(-before), before}, {frameAt(1 + after), after}};
}

cv::Mat middle(const TwoWayMotion& motion, const FramePair& pair) {
  return renderBetween(pair, motionAtTime(motion, 0.5, true, false), 0.5, false).image;
}

TEST(ShotMotion, FollowsABendThatThePairAloneCannotShow) {
  const FramePair pair = pairOf(thrown);
  ShotMotion shot({});
  const TwoWayMotion motion = shot.of(pair);
  // Half the acceleration (−12) times t(1 − t): what the straight middle is short of.
  const cv::Mat bend = bendAt(motion, motion.forward, 0.5);
  const auto amid = cv::mean(bend(cv::Rect(60, 40, 120, 80)));
  EXPECT_NEAR(amid[0], -1.5, 0.2);
  EXPECT_NEAR(amid[1], -0.75, 0.2);
  const FramePair alone{pair.first, pair.second};
  EXPECT_GT(psnr(middle(motion, pair), thrown(0.5)), psnr(middle(shot.of(alone), alone), thrown(0.5)) + 5);
}

TEST(ShotMotion, NeighboursMayBeNearerOrFartherAndOneIsEnough) {
  for (const auto& [before, after] : {std::pair(2.0, 1.0), {1.0, 0.5}}) {
    ShotMotion shot({});
    const auto motion = shot.of(pairOf(thrown, before, after));
    EXPECT_NEAR(cv::mean(bendAt(motion, motion.forward, 0.5)(cv::Rect(60, 40, 120, 80)))[0], -1.5, 0.25);
  }
  FramePair pair = pairOf(thrown);
  pair.after = {};
  ShotMotion shot({});
  const auto motion = shot.of(pair);
  EXPECT_NEAR(cv::mean(bendAt(motion, motion.forward, 0.25)(cv::Rect(60, 40, 120, 80)))[0], -1.125, 0.2);
  pair.before = {};
  EXPECT_TRUE(bendAt(shot.of(pair), motion.forward, 0.5).empty());
}

TEST(ShotMotion, LooksOnceAtAPair) {
  const FramePair pair = pairOf(thrown);
  ShotMotion shot({}, ShotMotion::Again::Always);
  const TwoWayMotion once = shot.of(pair), twice = shot.of(pair), alone = shot.of({pair.first, pair.second});
  EXPECT_EQ(once.forward.data, twice.forward.data);
  EXPECT_EQ(once.again.forward.data, twice.again.forward.data);
  EXPECT_EQ(once.trustSecond.size(), alone.trustSecond.size());
  EXPECT_FALSE(once.beforeFirst.motion.empty());
  EXPECT_TRUE(alone.beforeFirst.motion.empty());
}

TEST(ShotMotion, KnowsWhereHiddenThingsGo) {
  double alone = 0, shot = 0;
  for (const uint64_t seed : {11U, 21U, 31U, 41U}) {
    const auto at = [&](double time) { return scene::occluding({320, 192}, time, seed); };
    const FramePair pair{at(0), at(1)}, around{pair.first, pair.second, {at(-1)}, {at(2)}};
    ShotMotion motion({});
    alone += psnr(middle(motion.of(pair), pair), at(0.5)) / 4;
    shot += psnr(middle(motion.of(around), pair), at(0.5)) / 4;
  }
  EXPECT_GT(shot, alone + 0.3);
}

TEST(ShotMotion, NeighboursAloneForeseeEvenMotion) {
  const auto even = [](double time) { return scene::translating(kSize, 5, -3, time); };
  const FramePair pair{even(0), even(1), {even(-2), 2}, {even(2)}};
  ShotMotion shot({});
  const auto motion = shot.of(pair), on = goingOn(motion);
  const cv::Rect amid(60, 40, 120, 80);
  EXPECT_NEAR(cv::mean(on.forward(amid))[0], 5, 0.1);
  EXPECT_NEAR(cv::mean(on.backward(amid))[1], 3, 0.1);
  EXPECT_TRUE(bendAt(on, on.forward, 0.5).empty());
}

TEST(ShotMotion, WhatItRemembersChangesNothing) {
  std::vector<cv::Mat> frames;
  for (int i = 0; i < 6; ++i) frames.push_back(thrown(0.3 * i));
  ShotMotion along({});
  for (std::size_t i = 1; i + 2 < frames.size(); ++i) {
    const FramePair pair{frames[i], frames[i + 1], {frames[i - 1]}, {frames[i + 2]}};
    ShotMotion fresh({});
    const auto known = along.of(pair), anew = fresh.of(pair);
    EXPECT_EQ(cv::norm(known.forward, anew.forward, cv::NORM_INF), 0) << i;
    EXPECT_EQ(cv::norm(known.afterSecond.motion, anew.afterSecond.motion, cv::NORM_INF), 0) << i;
  }
}

}  // namespace
}  // namespace fw
