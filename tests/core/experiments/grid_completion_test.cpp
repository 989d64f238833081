#include "core/experiments/grid_completion.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/learn/experiment.h"

namespace fw {
namespace {

std::unique_ptr<Experiment> small(const std::string& network) {
  const auto kind = gridCompletion();
  Settings settings(kind.schema);
  settings.set("network", network);
  settings.set("size", int64_t{40});
  settings.set("hole", int64_t{9});
  settings.set("width", int64_t{8});
  settings.set("batch", int64_t{8});
  return kind.make(settings, {1, "cpu"});
}

TEST(GridCompletion, LearnsPatternsItHasNeverSeen) {
  auto experiment = small("unet");
  auto baselines = experiment->baselines();
  const double white = baselines.at("validation/right pixels (all white)");
  const double beside = baselines.at("validation/right pixels (copy what stands beside)");
  for (int i = 0; i < 100; ++i) experiment->step();
  const double right = experiment->evaluate().at("validation/right pixels");
  EXPECT_GT(right, white + 12);
  EXPECT_GT(right, beside + 8);
}

TEST(GridCompletion, FillsAHoleThePersonPaints) {
  auto experiment = small("unet");
  cv::Mat hole = cv::Mat::zeros(40, 40, CV_8UC1);
  hole(cv::Rect(3, 20, 12, 5)) = 255;
  const auto row = experiment->fillHole(2, hole);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->frames[0].image.at<uchar>(22, 5), 128);  // hidden
  cv::Mat changed = row->frames[2].image != row->frames[1].image;
  changed.setTo(0, hole);
  EXPECT_EQ(cv::countNonZero(changed), 0);  // everything outside the hole is kept
}

TEST(GridCompletion, SaysWhenTheHoleIsTooLarge) {
  const auto kind = gridCompletion();
  Settings settings(kind.schema);
  settings.set("size", int64_t{40});
  settings.set("hole", int64_t{60});
  EXPECT_THROW(kind.make(settings, {}), Error);
}

}  // namespace
}  // namespace fw
