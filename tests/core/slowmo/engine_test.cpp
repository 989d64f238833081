#include "core/slowmo/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/image/metrics.h"
#include "tests/core/slowmo/engine_motion.h"

namespace fw {
namespace {

// Every kind that can be made here and now (some need weights), at its defaults.
std::vector<std::string> engines() {
  std::vector<std::string> ids;
  for (const EngineKind& kind : engineList()) {
    try {
      kind.make(Settings(kind.schema), {});
      ids.push_back(kind.id);
    } catch (const Error&) {
    }
  }
  return ids;
}

std::unique_ptr<Engine> make(const std::string& id) {
  const EngineKind& kind = engineKind(id);
  return kind.make(Settings(kind.schema), {});
}

cv::Mat middle(Engine& engine, const FramePair& pair, double time = 0.5) {
  return engine.between(pair, {&time, 1}).at(0).image;
}

class AnyEngine : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Engines, AnyEngine, testing::ValuesIn(engines()), [](const auto& param) {
  std::string name = param.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(Engines, HaveNamesAndCanBeFound) {
  std::set<std::string> ids;
  for (const EngineKind& kind : engineList()) {
    EXPECT_TRUE(ids.insert(kind.id).second) << kind.id;
    EXPECT_FALSE(kind.title.empty() || kind.summary.empty()) << kind.id;
    EXPECT_EQ(&engineKind(kind.id), &kind);
  }
  EXPECT_TRUE(ids.contains("blend") && ids.contains("flow"));
  try {
    engineKind("nothing");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(error.advice().find("blend"), std::string::npos);
  }
}

TEST_P(AnyEngine, MakesFramesOfAnySizeAndDepth) {
  const auto engine = make(GetParam());
  for (const cv::Size size : {cv::Size(1, 1), {16, 16}, {17, 3}, {5, 90}, {33, 31}, {97, 64}, {177, 101}})
    for (const int depth : {CV_8U, CV_16U}) {
      const FramePair pair{scene::translating(size, 2, 1, 0, depth),
                           scene::translating(size, 2, 1, 1, depth)};
      const double times[] = {0.001, 0.3, 0.999};
      const auto frames = engine->between(pair, times);
      ASSERT_EQ(frames.size(), 3U);
      for (const BetweenFrame& frame : frames) {
        EXPECT_EQ(frame.image.size(), size);
        EXPECT_EQ(frame.image.type(), pair.first.type());
        EXPECT_EQ(frame.confidence.size(), size);
        EXPECT_EQ(frame.confidence.type(), CV_8UC1);
      }
    }
}

TEST_P(AnyEngine, AStillPairGivesItself) {
  const auto engine = make(GetParam());
  const cv::Mat still = scene::translating({160, 96}, 0, 0, 0);
  const double time = 0.3;
  const auto frame = engine->between({still, still}, {&time, 1}).at(0);
  EXPECT_GT(psnr(frame.image, still), 48);
  EXPECT_GT(cv::mean(frame.confidence)[0], 240);
}

TEST_P(AnyEngine, TimesNearTheEndsApproachTheFrames) {
  const auto engine = make(GetParam());
  const FramePair pair{scene::translating({160, 96}, 5, 2, 0), scene::translating({160, 96}, 5, 2, 1)};
  EXPECT_GT(psnr(middle(*engine, pair, 0.01), pair.first), 38);
  EXPECT_GT(psnr(middle(*engine, pair, 0.99), pair.second), 38);
}

TEST_P(AnyEngine, MakesTheSameFrameTwiceAndLeavesItsInputAlone) {
  const FramePair pair{scene::occluding({160, 96}, 0), scene::occluding({160, 96}, 1)};
  const FramePair copy{pair.first.clone(), pair.second.clone()};
  const auto engine = make(GetParam());
  const cv::Mat once = middle(*engine, pair);
  EXPECT_EQ(cv::norm(once, middle(*engine, pair), cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(once, middle(*make(GetParam()), pair), cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(pair.first, copy.first, cv::NORM_INF) + cv::norm(pair.second, copy.second, cv::NORM_INF),
            0);
}

TEST_P(AnyEngine, ManyTimesAtOnceAreTheSameAsOneByOne) {
  const FramePair pair{scene::occluding({160, 96}, 0), scene::occluding({160, 96}, 1)};
  const auto engine = make(GetParam());
  const double times[] = {0.25, 0.75, 0.5};
  const auto frames = engine->between(pair, times);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(cv::norm(frames[i].image, middle(*engine, pair, times[i]), cv::NORM_INF), 0) << times[i];
  EXPECT_TRUE(engine->between(pair, {}).empty());
}

TEST_P(AnyEngine, WhatIsExpectedChangesNothing) {
  std::vector<cv::Mat> shot;
  for (int i = 0; i < 5; ++i) shot.push_back(scene::occluding({160, 96}, 0.5 * i));
  const auto pairAt = [&](std::size_t i) { return FramePair{shot[i], shot[i + 1]}; };
  const auto asked = make(GetParam()), told = make(GetParam());
  const double times[] = {0.25, 0.5};
  for (std::size_t i = 0; i + 1 < shot.size(); ++i) {
    std::vector<Moment> next;
    if (i + 2 < shot.size()) next = {{pairAt(i + 1), 0.25}, {pairAt(i + 1), 0.5}};
    if (i == 1)
      next = {{pairAt(0), 0.75}, {{shot[0], cv::Mat()}, 0.5}, {pairAt(2), 0.25}};  // comes otherwise
    told->expect(next);
    const auto plain = asked->between(pairAt(i), times), ready = told->between(pairAt(i), times);
    ASSERT_EQ(ready.size(), 2U);
    for (std::size_t k = 0; k < 2; ++k)
      EXPECT_EQ(cv::norm(plain[k].image, ready[k].image, cv::NORM_INF), 0) << i << " at " << times[k];
  }
}

TEST_P(AnyEngine, KeepsSixteenBits) {
  // A ramp of fewer than 256 levels that 8 bits could not tell apart.
  cv::Mat ramp(64, 128, CV_16UC3);
  for (int y = 0; y < ramp.rows; ++y)
    for (int x = 0; x < ramp.cols; ++x)
      ramp.at<cv::Vec3w>(y, x) = cv::Vec3w::all(static_cast<ushort>(30000 + x));
  const cv::Mat made = middle(*make(GetParam()), {ramp, ramp});
  EXPECT_LE(cv::norm(made, ramp, cv::NORM_INF), 8);
  EXPECT_GT(cv::norm(made.col(0), made.col(127), cv::NORM_INF), 100);
}

TEST_P(AnyEngine, IsUnsureWhereAnObjectAppearsFromNowhere) {
  const FramePair pair{scene::translating({192, 128}, 3, 0, 0), scene::translating({192, 128}, 3, 0, 1)};
  const cv::Rect object(120, 40, 48, 48);
  pair.second(object).setTo(cv::Scalar(250, 20, 250));
  const double time = 0.5;
  const cv::Mat confidence = make(GetParam())->between(pair, {&time, 1}).at(0).confidence;
  const cv::Rect elsewhere(16, 16, 70, 96), inside(130, 50, 28, 28);
  EXPECT_LT(cv::mean(confidence(inside))[0], 0.5 * cv::mean(confidence(elsewhere))[0]);
}

TEST_P(AnyEngine, RefusesWhatIsNoPair) {
  const auto engine = make(GetParam());
  const cv::Mat frame(32, 32, CV_8UC3, cv::Scalar::all(9));
  EXPECT_THROW(middle(*engine, {frame, cv::Mat(32, 31, CV_8UC3)}), Error);
  EXPECT_THROW(middle(*engine, {frame, cv::Mat(32, 32, CV_16UC3)}), Error);
  EXPECT_THROW(middle(*engine, {cv::Mat(), cv::Mat()}), Error);
  EXPECT_THROW(middle(*engine, {frame, frame}, 0), Error);
  EXPECT_THROW(middle(*engine, {frame, frame}, 1.5), Error);
}

TEST_P(AnyEngine, ExplainsWithMapsOfTheFramesSize) {
  const FramePair pair{scene::translating({160, 96}, 6, 0, 0), scene::translating({160, 96}, 6, 0, 1)};
  const auto shown = make(GetParam())->explain(pair, 0.25);
  if (!shown) GTEST_SKIP() << GetParam() << " has nothing to explain";
  for (const cv::Mat* map : {&shown->flowToFirst, &shown->flowToSecond, &shown->occlusion,
                             &shown->warpedFirst, &shown->warpedSecond})
    EXPECT_TRUE(map->empty() || map->size() == pair.first.size());
  EXPECT_EQ(shown->flowToFirst.type(), CV_32FC2);
  EXPECT_NEAR(cv::mean(shown->flowToFirst)[0], -1.5, 0.3);  // a quarter of the way back, three quarters on
  EXPECT_NEAR(cv::mean(shown->flowToSecond)[0], 4.5, 0.6);
}

}  // namespace
}  // namespace fw
