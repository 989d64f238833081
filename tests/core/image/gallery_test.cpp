#include "core/image/gallery.h"

#include <gtest/gtest.h>

namespace fw {
namespace {

GalleryRow row(const std::string& name, int truth, int made) {
  const auto picture = [](int value) { return cv::Mat(8, 8, CV_8UC1, cv::Scalar(value)); };
  return {name,
          {{"input", FrameRole::Input, picture(truth + 1)},
           {"target", FrameRole::Target, picture(truth)},
           {"network", FrameRole::Prediction, picture(made)}}};
}

int valueOf(const GalleryFrame& frame) { return frame.image.at<uchar>(0, 0); }

TEST(SideBySide, ShowsASampleOnceWithWhatEachRunMadeOfIt) {
  const Gallery merged = sideBySide({{"run 1", {row("a", 10, 11), row("b", 20, 21)}},
                                     {"run 2", {row("a, 98 % right", 10, 12), row("b", 20, 22)}}});
  ASSERT_EQ(merged.size(), 2u);
  ASSERT_EQ(merged[1].frames.size(), 4u);
  EXPECT_EQ(merged[1].frames[2].label, "run 1: network");
  EXPECT_EQ(merged[1].frames[3].label, "run 2: network");
  EXPECT_EQ(valueOf(merged[1].frames[3]), 22);
  EXPECT_EQ(valueOf(merged[0].frames[3]), 12) << "names may differ, what is shown tells";
}

TEST(SideBySide, KeepsSamplesOfOneRunAloneApart) {
  const Gallery merged =
      sideBySide({{"run 1", {row("picture 1", 10, 11)}}, {"run 6", {row("picture 1", 90, 91)}}});
  ASSERT_EQ(merged.size(), 2u);
  EXPECT_EQ(merged[0].frames.size(), 3u);
  EXPECT_EQ(merged[1].name, "run 6: picture 1");
  EXPECT_EQ(valueOf(merged[1].frames[0]), 91) << "with its own input";
}

TEST(SideBySide, TakesWhatLooksAlikeByItsPlace) {
  const Gallery merged = sideBySide(
      {{"run 1", {row("a", 10, 11), row("b", 10, 12)}}, {"run 2", {row("a", 10, 13), row("b", 10, 14)}}});
  ASSERT_EQ(merged.size(), 2u);
  EXPECT_EQ(valueOf(merged[1].frames[3]), 14);
}

TEST(SideBySide, EachPredictionGetsADifferenceOfItsOwn) {
  Gallery merged = sideBySide({{"run 1", {row("a", 10, 11)}}, {"run 2", {row("a", 10, 13)}}});
  addDifferences(merged);
  ASSERT_EQ(merged[0].frames.size(), 6u);
  EXPECT_EQ(merged[0].frames[5].label, "difference: run 2: network");
}

}  // namespace
}  // namespace fw
