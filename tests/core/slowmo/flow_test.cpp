#include "core/slowmo/flow.h"

#include <gtest/gtest.h>

#include <chrono>
#include <opencv2/video/tracking.hpp>

#include "core/image/metrics.h"
#include "core/slowmo/flow_at_time.h"
#include "core/slowmo/flow_motion.h"
#include "core/slowmo/flow_render.h"
#include "tests/core/slowmo/engine_motion.h"

namespace fw {
namespace {

std::unique_ptr<Engine> make(const std::string& id, const std::string& quality = {}) {
  const EngineKind& kind = engineKind(id);
  Settings settings(kind.schema);
  if (!quality.empty()) settings.set("quality", quality);
  return kind.make(settings, {});
}

cv::Mat made(Engine& engine, const FramePair& pair, double time = 0.5) {
  return engine.between(pair, {&time, 1}).at(0).image;
}

// What everyone writes first: F_t0 = −¼F01 + ¼F10 of DIS medium, and the average.
cv::Mat naiveMiddle(const FramePair& pair) {
  cv::Mat first, second, forward, backward;
  cv::cvtColor(pair.first, first, cv::COLOR_BGR2GRAY);
  cv::cvtColor(pair.second, second, cv::COLOR_BGR2GRAY);
  cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM)->calc(first, second, forward);
  cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM)->calc(second, first, backward);
  const cv::Mat toFirst = (backward - forward) * 0.25;
  cv::Mat average;
  cv::addWeighted(movedBy(pair.first, toFirst, 1), 0.5, movedBy(pair.second, toFirst, -1), 0.5, 0, average);
  return average;
}

TEST(Flow, FollowsATranslatingTexture) {
  const auto engine = make("flow");
  const cv::Size size(240, 160);
  for (const cv::Vec2d& move : {cv::Vec2d(6, 0), {-3.5, 4.25}, {14, -9}}) {
    const FramePair pair{scene::translating(size, move[0], move[1], 0),
                         scene::translating(size, move[0], move[1], 1)};
    for (const double time : {0.25, 0.5, 0.75})
      EXPECT_GT(psnr(made(*engine, pair, time), scene::translating(size, move[0], move[1], time)), 38)
          << move << " at " << time;
  }
}

TEST(Flow, WhatLiesAroundAPartIsNotSeen) {
  const cv::Size size(96, 64);
  const auto framed = [&](double time, uchar rim) {
    cv::Mat large;
    cv::copyMakeBorder(scene::translating(size, 5, 3, time), large, 9, 9, 9, 9, cv::BORDER_CONSTANT,
                       cv::Scalar::all(rim));
    return large(cv::Rect({9, 9}, size));
  };
  for (const char* quality : {"fast", "balanced", "best"}) {
    const auto engine = make("flow", quality);
    const cv::Mat dark = made(*engine, {framed(0, 0), framed(1, 0)}),
                  bright = made(*engine, {framed(0, 255), framed(1, 255)});
    EXPECT_EQ(cv::norm(dark, bright, cv::NORM_INF), 0) << quality;
  }
}

TEST(Flow, SixteenBitsAreFinerThanEight) {
  const cv::Size size(240, 160);
  const auto at = [&](double time, int depth) { return scene::translating(size, 4, 2, time, depth); };
  const auto engine = make("flow");
  const cv::Mat deep = made(*engine, {at(0, CV_16U), at(1, CV_16U)});
  const cv::Mat shallow = made(*engine, {at(0, CV_8U), at(1, CV_8U)});
  cv::Mat widened;
  shallow.convertTo(widened, CV_16U, 257);
  EXPECT_GT(psnr(deep, widened), 45);  // the same picture …
  EXPECT_GE(psnr(deep, at(0.5, CV_16U)), psnr(widened, at(0.5, CV_16U)));
}

TEST(Flow, BeatsCrossFadeAndTheNaiveWayWhereThingsHideEachOther) {
  const cv::Size size(320, 192);
  double flow = 0, naive = 0, blend = 0;
  const auto flowing = make("flow"), fading = make("blend");
  for (const uint64_t seed : {11U, 21U, 31U}) {
    const FramePair pair{scene::occluding(size, 0, seed), scene::occluding(size, 1, seed)};
    const cv::Mat truth = scene::occluding(size, 0.5, seed);
    flow += psnr(made(*flowing, pair), truth) / 3;
    naive += psnr(naiveMiddle(pair), truth) / 3;
    blend += psnr(made(*fading, pair), truth) / 3;
  }
  EXPECT_GT(flow, naive + 0.5);
  EXPECT_GT(flow, blend + 5);
}

TEST(Flow, EachQualityIsAtLeastAsGoodAsTheOneBelow) {
  const cv::Size size(640, 360);
  double fast = 0, balanced = 0, best = 0;
  for (const uint64_t seed : {11U, 21U, 31U}) {
    const FramePair pair{scene::occluding(size, 0, seed), scene::occluding(size, 1, seed)};
    const cv::Mat truth = scene::occluding(size, 0.5, seed);
    fast += psnr(made(*make("flow", "fast"), pair), truth) / 3;
    balanced += psnr(made(*make("flow", "balanced"), pair), truth) / 3;
    best += psnr(made(*make("flow", "best"), pair), truth) / 3;
  }
  EXPECT_GT(balanced, fast - 0.1);
  EXPECT_GT(best, balanced - 0.1);
}

TEST(Flow, TakesWhatLeavesTheFrameFromTheFrameThatStillHasIt) {
  // A fast pan: a strip of 24 pixels is in one of the frames only.
  const cv::Size size(240, 120);
  const FramePair pair{scene::translating(size, 24, 0, 0), scene::translating(size, 24, 0, 1)};
  const cv::Mat image = made(*make("flow"), pair), truth = scene::translating(size, 24, 0, 0.5);
  const cv::Rect left(2, 8, 9, 104), right(229, 8, 9, 104);
  const cv::Mat naive = naiveMiddle(pair);
  for (const cv::Rect& strip : {left, right}) {
    EXPECT_GT(psnr(image(strip), truth(strip)), 24) << strip;
    EXPECT_GT(psnr(image(strip), truth(strip)), psnr(naive(strip), truth(strip)) + 3) << strip;
  }
}

TEST(Flow, IsLessSureOfWhatItGetsWrong) {
  const cv::Size size(320, 192);
  const FramePair pair{scene::occluding(size, 0), scene::occluding(size, 1)};
  const double time = 0.5;
  const auto frame = make("flow")->between(pair, {&time, 1}).at(0);
  cv::Mat error;
  cv::absdiff(frame.image, scene::occluding(size, 0.5), error);
  cv::cvtColor(error, error, cv::COLOR_BGR2GRAY);
  const cv::Mat unsure = frame.confidence < 128;
  ASSERT_GT(cv::countNonZero(unsure), 50);
  EXPECT_GT(cv::mean(error, unsure)[0], 3 * cv::mean(error, ~unsure)[0]);
}

TEST(Flow, StripesLeaveNoSeam) {
  // A frame is made in stripes; a taller one that holds it has other stripe borders and must show the same.
  const cv::Size size(200, 150);
  const FramePair pair{scene::translating(size, 5, 3, 0), scene::translating(size, 5, 3, 1)};
  const TwoWayMotion motion = estimateMotion(pair, {});
  const MotionAtTime at = motionAtTime(motion, 0.5, true, true);
  const cv::Mat whole = renderBetween(pair, at, 0.5, false).image;
  FramePair tall;
  const int above = 13;
  const auto extend = [&](const cv::Mat& map) {
    cv::Mat extended;
    cv::copyMakeBorder(map, extended, above, 0, 0, 0, cv::BORDER_REPLICATE);
    return extended;
  };
  tall.first = extend(pair.first), tall.second = extend(pair.second);
  MotionAtTime tallAt{{}, extend(at.confidence)};
  for (const Hypothesis& guess : at.hypotheses)
    tallAt.hypotheses.push_back({extend(guess.motion), extend(guess.firstShare), extend(guess.secondShare)});
  const cv::Mat part = renderBetween(tall, tallAt, 0.5, false).image.rowRange(above, above + size.height);
  const cv::Rect inside(8, 8, size.width - 16,
                        size.height - 16);  // the rim is not repeated in the taller one
  EXPECT_GT(psnr(part(inside), whole(inside)), 50);
}

TEST(Flow, LargeFramesLookTheSameAsPartsOfThem) {
  // Motion is found in reduced pictures: what a large frame shows must not depend on how much is around it.
  const cv::Size size(1600, 900);
  cv::Mat texture = scene::texture({450, 270}, 2, 5);
  cv::resize(texture, texture, {1800, 1080}, 0, 0, cv::INTER_CUBIC);
  const auto at = [&](double time) {
    return scene::asType(scene::shifted(texture, 12 * time, 6 * time, size), CV_8U);
  };
  const FramePair pair{at(0), at(1)};
  const cv::Rect part(0, 0, 1600, 600), inside(60, 60, 1480, 480);
  const auto engine = make("flow");
  const cv::Mat whole = made(*engine, pair);
  const cv::Mat alone = made(*engine, {pair.first(part), pair.second(part)});
  EXPECT_GT(psnr(whole(inside), alone(inside)), 50);
  EXPECT_GT(psnr(whole, at(0.5)), 38);
}

TEST(Flow, ReducesLargePicturesAndKeepsSmallOnes) {
  const auto motionSize = [](cv::Size size) {
    const cv::Mat frame(size, CV_8UC3, cv::Scalar::all(0));
    return estimateMotion({frame, frame}, {}).forward.size();
  };
  EXPECT_EQ(motionSize({256, 256}), cv::Size(256, 256));
  EXPECT_EQ(motionSize({1280, 720}), cv::Size(320, 180));
  EXPECT_EQ(motionSize({3840, 2160}), cv::Size(768, 432));
  EXPECT_LE(motionSize({16000, 100}).width, 16000);
}

TEST(Flow, FindsMotionOncePerPair) {
  const cv::Size size(640, 360);
  const FramePair pair{scene::occluding(size, 0), scene::occluding(size, 1)};
  const auto seconds = [&](std::vector<double> times) {
    double least = 1e9;
    for (int i = 0; i < 3; ++i) {
      const auto engine = make("flow", "best");  // one that has seen the pair knows its motion
      const auto start = std::chrono::steady_clock::now();
      engine->between(pair, times);
      least =
          std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return least;
  };
  EXPECT_LT(seconds({0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875}), 6 * seconds({0.5}));
}

// A ball, too small to be seen in pictures reduced to a sixth, before a wall.
TEST(Flow, LookingAgainSeesWhatReducedPicturesHide) {
  const cv::Size size(480, 288);
  const auto frame = [&](int time) {
    cv::Mat picture = scene::translating(size, 0, 0, 0) * 0.1;
    cv::circle(picture, {200 + 5 * time, 150}, 3, cv::Scalar::all(250), cv::FILLED);
    return picture;
  };
  const cv::Mat first = frame(0), second = frame(1);
  MotionSearch search({.longestSide = 80, .smallestScale = 0});
  const TwoWayMotion once = search.between(first, second);
  const FoundMotion again = search.again(first, second);
  ASSERT_EQ(again.forward.size(), once.forward.size());
  ASSERT_EQ(again.trustSecond.size(), once.trustSecond.size());
  const auto missed = [](const cv::Mat& motion) { return std::abs(6 * motion.at<cv::Vec2f>(25, 33)[0] - 5); };
  EXPECT_LT(missed(again.forward), 0.5);  // pixels
  EXPECT_GT(missed(once.forward), 2 * missed(again.forward));
}

// A stripe narrower than a patch, before what moves the other way.
TEST(Flow, LookingAgainEnlargesSmallFrames) {
  const cv::Size size(160, 96);
  const auto frame = [&](int time) {
    cv::Mat picture = scene::translating(size, -3, 0, time);
    cv::Mat stripe = scene::translating({7, 60}, 0, 0, 0, CV_8U) * 0.6;
    stripe.copyTo(picture(cv::Rect(70 + 4 * time, 18, 7, 60)));
    return picture;
  };
  const cv::Mat first = frame(0), second = frame(1);
  MotionSearch search({.longestSide = 160});
  const TwoWayMotion once = search.between(first, second);
  const FoundMotion again = search.again(first, second);
  ASSERT_EQ(again.forward.size(), size);
  const auto missed = [](const cv::Mat& motion) {
    cv::Mat away;
    cv::absdiff(motion(cv::Rect(71, 24, 5, 48)), cv::Scalar(4, 0), away);
    return cv::mean(away)[0];
  };
  EXPECT_LT(missed(again.forward), 1);
  EXPECT_LT(missed(again.forward), missed(once.forward));
}

}  // namespace
}  // namespace fw
