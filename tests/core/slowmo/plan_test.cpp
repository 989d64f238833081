#include "core/slowmo/plan.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "core/base/error.h"

namespace fw {
namespace {

VideoInfo info24() {
  VideoInfo info;
  info.frameRate = {24, 1};
  info.timeBase = {1, 24};
  return info;
}

Analysis clip(int64_t frames) {
  Analysis analysis;
  for (int64_t i = 0; i < frames; ++i) analysis.pts.push_back(i);
  analysis.endPts = frames;
  return analysis;
}

TEST(Plan, NothingIsMadeAcrossACutAndNoTimeIsLost) {
  Analysis analysis = clip(10);
  analysis.cuts = {4};
  const FramePlan plan(analysis, info24(), {{4, 1}});
  const FramePlan without(clip(10), info24(), {{4, 1}});
  ASSERT_EQ(plan.count(), without.count());
  for (int64_t k = 0; k < plan.count(); ++k) {
    const PlannedFrame frame = plan.at(k);
    EXPECT_FALSE(frame.first < 4 && frame.second >= 4) << k;
    EXPECT_EQ(frame.time.pts, without.at(k).time.pts);
  }
  for (int64_t k = 12; k < 16; ++k) EXPECT_EQ(plan.at(k).second, 3) << "held until the cut";
  EXPECT_EQ(plan.at(16).first, 4);
  EXPECT_EQ(plan.at(17).t, 0.25);
}

TEST(Plan, RepeatsBecomeFramesBetweenTheirNeighbours) {
  Analysis analysis = clip(8);
  analysis.duplicates = {1, 3, 5, 7};
  const FramePlan plan(analysis, info24(), {});
  ASSERT_EQ(plan.count(), 8);
  for (int64_t k = 0; k < 6; k += 2) {
    EXPECT_EQ(plan.at(k).second, k) << "originals stay";
    EXPECT_EQ(plan.at(k + 1).first, k);
    EXPECT_EQ(plan.at(k + 1).second, k + 2);
    EXPECT_EQ(plan.at(k + 1).t, 0.5);
  }
  EXPECT_EQ(plan.at(7).second, 6) << "nothing follows the last drawing: it stays";
}

TEST(Plan, NeighboursOfAPairAreDistinctAndOfItsScene) {
  Analysis analysis = clip(12);
  analysis.duplicates = {3, 8};
  analysis.cuts = {6};
  const FramePlan plan(analysis, info24(), {{2, 1}});
  const auto around = [&](int64_t number) {
    const PlannedFrame frame = plan.at(number);
    return std::array{frame.before.frame, frame.first, frame.second, frame.after.frame};
  };
  EXPECT_EQ(around(1), (std::array<int64_t, 4>{-1, 0, 1, 2})) << "the clip begins";
  EXPECT_EQ(around(3), (std::array<int64_t, 4>{0, 1, 2, 4})) << "a repeat is none";
  EXPECT_EQ(plan.at(3).after.distance, 2);
  EXPECT_EQ(around(6), (std::array<int64_t, 4>{1, 2, 4, 5}));
  EXPECT_EQ(plan.at(6).before.distance, 0.5);
  EXPECT_EQ(around(9), (std::array<int64_t, 4>{2, 4, 5, -1})) << "a cut follows";
  EXPECT_EQ(around(13), (std::array<int64_t, 4>{-1, 6, 7, 9})) << "and precedes";
  EXPECT_EQ(around(21), (std::array<int64_t, 4>{9, 10, 11, -1})) << "the clip ends";
}

TEST(Plan, ARepeatBesideACutIsHeld) {
  Analysis analysis = clip(8);
  analysis.duplicates = {3};
  analysis.cuts = {4};
  const FramePlan plan(analysis, info24(), {{2, 1}});
  for (int64_t k = 4; k < 8; ++k) EXPECT_EQ(plan.at(k).second, 2);
}

TEST(Plan, TheLastFrameIsKeptForItsTimeOrLoopsToTheFirst) {
  const FramePlan plan(clip(3), info24(), {{4, 1}});
  EXPECT_EQ(plan.count(), 12);
  for (int64_t k = 8; k < 12; ++k) EXPECT_EQ(plan.at(k).second, 2);
  Timing loop{{4, 1}};
  loop.loop = true;
  const FramePlan endless(clip(3), info24(), loop);
  EXPECT_EQ(endless.at(9).second, 3);
  EXPECT_EQ(endless.at(9).t, 0.25);
  EXPECT_EQ(endless.count(), 12);
  Analysis jumps = clip(3);
  jumps.roundClean = false;
  const FramePlan held(jumps, info24(), loop);
  EXPECT_EQ(held.at(9).second, held.at(9).first) << "nothing is made across a cut, not even of a loop";
}

TEST(Plan, ALoopsLastMomentIsNeverBeyondItsFirstPicture) {
  Timing soft{{5, 2}, std::nullopt, true};
  soft.loop = true;
  const FramePlan plan(clip(11), info24(), soft);
  for (int64_t k = 0; k < plan.count(); ++k)
    if (const PlannedFrame frame = plan.at(k); frame.second != frame.first) {
      EXPECT_GT(frame.t, 0) << k;
      EXPECT_LT(frame.t, 1) << k;
    }
}

TEST(Plan, APictureThatStoodStillDoesNotMeltForSeconds) {
  Analysis recording = clip(10);
  for (std::size_t i = 5; i < 10; ++i) recording.pts[i] += 100;
  recording.endPts += 100;
  VideoInfo info = info24();
  info.variableRate = true;
  const FramePlan plan(recording, info, {{1, 1}, Rational{48, 1}});
  int made = 0;
  for (int64_t k = 0; k < plan.count(); ++k) {
    const PlannedFrame frame = plan.at(k);
    if (frame.first != 4 || frame.second == frame.first) continue;
    ++made;
    EXPECT_GT(frame.time.source.value(), 104);
  }
  EXPECT_EQ(made, 1) << "the change takes one usual interval";
}

TEST(Plan, SegmentsCoverEveryFrameOnce) {
  for (const Timing& timing :
       std::vector<Timing>{{{2, 1}}, {{100, 1}}, {{1, 1}, Rational{60, 1}}, {{1, 1}, Rational{1, 1}}}) {
    const FramePlan plan(clip(500), info24(), timing);
    int64_t next = 0;
    for (int64_t i = 0; i < plan.segments(); ++i) {
      EXPECT_EQ(plan.segment(i).begin, next);
      next = plan.segment(i).end;
    }
    EXPECT_EQ(next, plan.count());
  }
}

TEST(Plan, OneFrameIsAClipToo) {
  const FramePlan plan(clip(1), info24(), {{2, 1}});
  EXPECT_EQ(plan.count(), 2);
  EXPECT_EQ(plan.at(1).second, 0);
}

TEST(Plan, AnalysisSurvivesTheDisk) {
  Analysis analysis = clip(5);
  analysis.pts = {10, 50, 90, 95, 200};
  analysis.firstPts = 10;
  analysis.endPts = 240;
  analysis.cuts = {2};
  analysis.duplicates = {3, 4};
  const Analysis again = analysisFromJson(nlohmann::json::parse(toJson(analysis).dump()));
  EXPECT_EQ(again.pts, analysis.pts);
  EXPECT_EQ(again.cuts, analysis.cuts);
  EXPECT_EQ(again.duplicates, analysis.duplicates);
  EXPECT_EQ(again.endPts, 240);
  EXPECT_THROW(analysisFromJson(nlohmann::json::object()), Error);
}

}  // namespace
}  // namespace fw
