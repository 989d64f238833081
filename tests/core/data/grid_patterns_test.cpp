#include "core/data/grid_patterns.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace fw {
namespace {

std::size_t distinctPictures(GridSet set) {
  std::set<std::string> pictures;
  for (const auto& pattern : gridPatterns(set)) {
    const cv::Mat picture = drawGrid(pattern, 101);
    pictures.emplace(reinterpret_cast<const char*>(picture.data), picture.total());
  }
  return pictures.size();
}

TEST(GridPatterns, TheOriginalsThousandPicturesWereThirtyOneGrids) {
  EXPECT_EQ(gridPatterns(GridSet::Original).size(), 31U);
  EXPECT_EQ(distinctPictures(GridSet::Original), 31U);
}

TEST(GridPatterns, NoTwoPatternsLookTheSameSoNoneIsBothTrainedOnAndHeldOut) {
  EXPECT_EQ(distinctPictures(GridSet::Grids), gridPatterns(GridSet::Grids).size());
  EXPECT_EQ(distinctPictures(GridSet::All), gridPatterns(GridSet::All).size());
}

TEST(GridPatterns, DrawsTheOriginalsLines) {
  const cv::Mat picture = drawGrid({GridFamily::Grid, 3, 1, 1, 0, 0}, 101);
  for (int y = 0; y < 101; ++y)
    for (int x = 0; x < 101; ++x)
      ASSERT_EQ(picture.at<uchar>(y, x), (x + 1) % 3 == 0 || y % 3 == 0 ? 0 : 255) << x << ' ' << y;
}

}  // namespace
}  // namespace fw
