#include "core/slowmo/timing.h"

#include <gtest/gtest.h>

#include <numeric>

#include "core/base/error.h"
#include "core/base/random.h"

namespace fw {
namespace {

VideoInfo constantRate(Rational rate, Rational timeBase) {
  VideoInfo info;
  info.frameRate = rate;
  info.timeBase = timeBase;
  return info;
}

std::vector<int64_t> evenly(int64_t frames, int64_t step) {
  std::vector<int64_t> ticks;
  for (int64_t i = 0; i <= frames; ++i) ticks.push_back(i * step);
  return ticks;
}

// What must hold for every clip and every wish.
void expectSound(const Timeline& timeline, double expectedSeconds, double outputFrame) {
  ASSERT_GE(timeline.count(), 1);
  EXPECT_EQ(timeline.at(0).pts, 0);
  EXPECT_NEAR(timeline.seconds(), expectedSeconds, outputFrame);
  OutputTime before;
  for (int64_t k = 0; k < timeline.count(); ++k) {
    const OutputTime now = timeline.at(k);
    ASSERT_GT(now.duration, 0) << "frame " << k;
    ASSERT_GE(now.frame, 0);
    ASSERT_LT(now.frame, timeline.sourceFrames());
    ASSERT_GE(now.source.value(), static_cast<double>(timeline.sourceTicks(now.frame)) - 1e-9);
    if (k > 0) {
      ASSERT_EQ(now.pts, before.pts + before.duration) << "a gap or overlap before frame " << k;
      ASSERT_GE(now.source.value(), before.source.value());
    }
    before = now;
  }
  EXPECT_NEAR(static_cast<double>(before.pts + before.duration) * timeline.timeBase().value(),
              timeline.seconds(), 1e-9);
}

TEST(Timing, ReadsFactorsAndRatesExactly) {
  EXPECT_EQ(fractionFromText("2.5"), (Rational{5, 2}));
  EXPECT_EQ(fractionFromText(" 1.3 "), (Rational{13, 10}));
  EXPECT_EQ(fractionFromText("30000/1001"), (Rational{30000, 1001}));
  EXPECT_EQ(rateFromText("59.94"), (Rational{60000, 1001}));
  EXPECT_EQ(rateFromText("23.976"), (Rational{24000, 1001}));
  EXPECT_EQ(rateFromText("25"), (Rational{25, 1}));
  EXPECT_EQ(rateFromText("12.5"), (Rational{25, 2}));
  for (const char* bad : {"", "abc", "-2", "0", "1/0", "2,5", "1e3", "nan", "99999999999999999999"})
    EXPECT_THROW(fractionFromText(bad), Error) << bad;
}

TEST(Timing, SlowMotionKeepsOriginalsUntouchedAndLastsExactlyLonger) {
  const Timeline twice(evenly(81, 512), {1, 12800}, {{2, 1}});
  EXPECT_EQ(twice.count(), 162);
  EXPECT_DOUBLE_EQ(twice.seconds(), 6.48);
  for (int64_t i = 0; i < 81; ++i) {
    EXPECT_EQ(twice.at(2 * i).source, (Rational{i * 512, 1}));
    EXPECT_EQ(twice.at(2 * i + 1).source, (Rational{i * 512 + 256, 1}));
    EXPECT_EQ(twice.at(i).duration, 512) << "the source's own rate";
  }
}

TEST(Timing, TwentyFourBecomesSixtyExactly) {
  const Timeline smooth(evenly(240, 1), {1, 24}, {{1, 1}, Rational{60, 1}});
  EXPECT_EQ(smooth.count(), 600);
  EXPECT_DOUBLE_EQ(smooth.seconds(), 10.0);
  int untouched = 0;
  for (int64_t k = 0; k < smooth.count(); ++k) untouched += smooth.at(k).source.den == 1 ? 1 : 0;
  EXPECT_EQ(untouched, 120) << "every fifth moment is an original";
  EXPECT_EQ(smooth.at(3).source, (Rational{6, 5}));
}

TEST(Timing, HoldsForManyFactorsRatesAndVariableClips) {
  Random random(3);
  const std::vector<Rational> factors{{1, 1}, {2, 1},   {4, 1},   {8, 1},
                                      {5, 2}, {13, 10}, {100, 1}, {1001, 1000}};
  const std::vector<std::optional<Rational>> rates{std::nullopt,    Rational{60, 1}, Rational{60000, 1001},
                                                   Rational{50, 1}, Rational{12, 1}, Rational{120, 1}};
  const std::vector<Rational> units{{1, 1000}, {1, 90000}, {1, 12800}, {1001, 30000}, {6, 179}};
  for (const auto& factor : factors)
    for (const auto& rate : rates)
      for (const auto& unit : units)
        for (const bool soft : {false, true}) {
          std::vector<int64_t> ticks{0};
          const int64_t frames = random.integer(1, 60);
          const int64_t usual = std::max<int64_t>(1, std::llround(0.04 / unit.value()));
          for (int64_t i = 0; i < frames; ++i)
            ticks.push_back(ticks.back() + std::max<int64_t>(1, random.integer(usual / 2, 2 * usual)));
          const Timeline timeline(ticks, unit, {factor, rate, soft});
          const double seconds = static_cast<double>(ticks.back()) * unit.value() * factor.value();
          // Half a frame of the result, or a whole one where there is but one.
          expectSound(timeline, seconds, !rate ? 2e-6 : (timeline.count() == 1 ? 1.0 : 0.51) / rate->value());
          if (!rate) {
            EXPECT_EQ(timeline.count(), (frames * factor.num + factor.den - 1) / factor.den);
          }
          if (HasFatalFailure()) return;
        }
}

TEST(Timing, SlowMotionKeepsTheRhythmOfVariableClips) {
  const Timeline slow({0, 40, 140, 160}, {1, 1000}, {{2, 1}});
  ASSERT_EQ(slow.count(), 6);
  const std::vector<int64_t> durations{40, 40, 100, 100, 20, 20};
  for (int64_t k = 0; k < 6; ++k) EXPECT_EQ(slow.at(k).duration, durations[static_cast<std::size_t>(k)]);
}

TEST(Timing, EquallySoftSamplesAtOneAndThreeQuarters) {
  const Timeline soft(evenly(10, 4), {1, 100}, {{2, 1}, std::nullopt, true});
  EXPECT_EQ(soft.count(), 20);
  EXPECT_EQ(soft.at(0).source, (Rational{1, 1}));
  EXPECT_EQ(soft.at(1).source, (Rational{3, 1}));
  EXPECT_EQ(soft.at(2).source, (Rational{5, 1}));
  const Timeline smooth(evenly(24, 1), {1, 24}, {{1, 1}, Rational{48, 1}, true});
  EXPECT_EQ(smooth.count(), 48);
  EXPECT_EQ(smooth.at(0).source, (Rational{1, 4}));
  EXPECT_EQ(smooth.at(1).source, (Rational{3, 4}));
}

TEST(Timing, ALongPauseDoesNotOverflowWhatMp4Counts) {
  constexpr int64_t kPause = 5 * 90000;
  const Timeline slow({0, 3000, 3000 + kPause, 6000 + kPause}, {1, 90000}, {{23333, 10000}});
  const double ticks = 5.0 / slow.timeBase().value();
  EXPECT_LT(ticks, 2147483647.0);
  EXPECT_NEAR(slow.seconds(), (6000.0 + kPause) / 90000 * 2.3333, 1e-4);
}

TEST(Timing, ReadsTheRateThroughMatroskasMilliseconds) {
  const SourceClock clock(constantRate({30000, 1001}, {1, 1000}));
  std::vector<int64_t> ticks;
  for (int64_t i = 0; i <= 300; ++i) {
    const auto stamp = static_cast<int64_t>(std::llround(static_cast<double>(i) * 1001.0 / 30.0));
    ticks.push_back(clock.ticks(stamp + 33, 33));
    EXPECT_EQ(ticks.back() * 30000, i * 1001 * clock.unit().den / clock.unit().num) << i;
  }
  const Timeline smooth(ticks, clock.unit(), {{1, 1}, Rational{60000, 1001}});
  EXPECT_EQ(smooth.count(), 600);
  for (int64_t i = 0; i < 300; ++i)
    EXPECT_EQ(smooth.at(2 * i).source, (Rational{ticks[static_cast<std::size_t>(i)], 1})) << "original " << i;
}

TEST(Timing, BelievesStampsThatDoNotFitTheRate) {
  const SourceClock clock(constantRate({25, 1}, {1, 1000}));
  EXPECT_EQ(clock.ticks(55, 0), 55);
  EXPECT_EQ(clock.ticks(80, 0), 80);
  EXPECT_EQ(clock.ticks(-40, 0), -40);
}

TEST(Timing, NeverDriftsOverHours) {
  constexpr int64_t kFrames = 24 * 3600 * 3;
  const Timeline smooth(evenly(kFrames, 1), {1001, 24000}, {{1, 1}, Rational{60000, 1001}});
  EXPECT_EQ(smooth.count(), kFrames * 5 / 2);
  const OutputTime late = smooth.at(kFrames * 5 / 2 - 5);
  EXPECT_EQ(late.source, (Rational{kFrames - 2, 1}));
}

TEST(Timing, FindsWhereAFrameBeginsToShow) {
  const Timeline timeline(evenly(100, 7), {1, 90000}, {{5, 2}});
  for (int64_t frame = 0; frame < 100; ++frame) {
    const int64_t first = timeline.firstShowing(frame);
    EXPECT_EQ(timeline.at(first).frame, frame);
    if (first > 0) {
      EXPECT_LT(timeline.at(first - 1).frame, frame);
    }
  }
}

TEST(Timing, RefusesTimesThatDoNotRise) {
  EXPECT_THROW(Timeline({0, 5, 5}, {1, 1000}, {}), Error);
  EXPECT_THROW(Timeline({0}, {1, 1000}, {}), Error);
  EXPECT_THROW(reduced(1, 0), Error);
}

}  // namespace
}  // namespace fw
