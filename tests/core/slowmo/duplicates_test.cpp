#include "core/slowmo/duplicates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <opencv2/imgproc.hpp>

#include "core/base/random.h"

namespace fw {
namespace {

// A ball that crosses the picture; noise is fresh in every frame, also in repeated ones.
std::vector<float> changesOf(const std::vector<double>& positions, double noise) {
  std::vector<float> changes;
  cv::Mat before;
  cv::theRNG().state = 7;
  for (const double position : positions) {
    cv::Mat frame(180, 320, CV_8UC3, cv::Scalar(90, 110, 100));
    cv::circle(frame, cv::Point2d(20 + 4 * position, 90), 14, {40, 60, 220}, cv::FILLED, cv::LINE_AA);
    cv::Mat grain(frame.size(), CV_16SC3), noisy;
    cv::randn(grain, 0, noise);
    frame.convertTo(noisy, CV_16SC3);
    noisy += grain;
    noisy.convertTo(frame, CV_8UC3);
    changes.push_back(before.empty() ? 255.0f : static_cast<float>(liveliestChange(before, frame)));
    before = frame;
  }
  return changes;
}

std::vector<double> shown(int frames, const std::function<double(int)>& position) {
  std::vector<double> positions;
  for (int i = 0; i < frames; ++i) positions.push_back(position(i));
  return positions;
}

class DuplicatesWithNoise : public testing::TestWithParam<double> {};

TEST_P(DuplicatesWithNoise, AnimationOnTwos) {
  const auto changes = changesOf(shown(48, [](int i) { return i / 2; }), GetParam());
  const auto found = findDuplicates(changes, {}, DuplicateMode::Automatic);
  ASSERT_EQ(found.size(), 24u);
  for (const int64_t frame : found) EXPECT_EQ(frame % 2, 1);
}

TEST_P(DuplicatesWithNoise, AnimationOnThrees) {
  const auto found = findDuplicates(changesOf(shown(48, [](int i) { return i / 3; }), GetParam()), {},
                                    DuplicateMode::Automatic);
  EXPECT_EQ(found.size(), 32u);
}

TEST_P(DuplicatesWithNoise, TwentyFourInThirty) {
  const auto found = findDuplicates(changesOf(shown(60, [](int i) { return i * 4 / 5; }), GetParam()), {},
                                    DuplicateMode::Automatic);
  ASSERT_EQ(found.size(), 12u);
  for (const int64_t frame : found) EXPECT_EQ(frame % 5, 1);
}

TEST_P(DuplicatesWithNoise, NoneInStillOrMovingScenes) {
  EXPECT_TRUE(
      findDuplicates(changesOf(shown(48, [](int) { return 3; }), GetParam()), {}, DuplicateMode::On).empty());
  EXPECT_TRUE(findDuplicates(changesOf(shown(48, [](int i) { return i; }), GetParam()), {}, DuplicateMode::On)
                  .empty());
}

INSTANTIATE_TEST_SUITE_P(Noise, DuplicatesWithNoise, testing::Values(0.0, 3.0, 8.0));

TEST(Duplicates, APauseIsNoStutter) {
  // Moves, stands for a second, moves on.
  const auto changes = changesOf(shown(72, [](int i) { return i < 24 ? i : i < 48 ? 24 : i - 24; }), 2.0);
  EXPECT_TRUE(findDuplicates(changes, {}, DuplicateMode::On).empty());
}

TEST(Duplicates, OneStutterIsLeftAloneUnlessAsked) {
  const auto changes = changesOf(shown(60, [](int i) { return i < 30 ? i : i - 1; }), 2.0);
  EXPECT_TRUE(findDuplicates(changes, {}, DuplicateMode::Automatic).empty());
  EXPECT_EQ(findDuplicates(changes, {}, DuplicateMode::On), (std::vector<int64_t>{30}));
  EXPECT_TRUE(findDuplicates(changes, {}, DuplicateMode::Off).empty());
}

TEST(Duplicates, ACutIsNeverOne) {
  auto changes = changesOf(shown(48, [](int i) { return i / 2; }), 0.0);
  const std::vector<int64_t> cuts{21};
  const auto found = findDuplicates(changes, cuts, DuplicateMode::On);
  EXPECT_EQ(std::ranges::find(found, 21), found.end());
}

TEST(Duplicates, NothingToSayOfShortClips) {
  EXPECT_TRUE(findDuplicates({}, {}, DuplicateMode::On).empty());
  EXPECT_TRUE(findDuplicates(std::vector<float>{255, 0}, {}, DuplicateMode::On).empty());
}

}  // namespace
}  // namespace fw
