#include <gtest/gtest.h>

#include <filesystem>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/experiments/clip_unet.h"
#include "core/experiments/middle_frame_unet.h"
#include "core/image/views.h"
#include "core/learn/experiment.h"

namespace fw {
namespace {

namespace fs = std::filesystem;

TEST(MiddleFrameUnet, LearnsOnInventedScenesAndShowsWhySquaredErrorBlurs) {
  const auto kind = middleFrameUnet();
  Settings settings(kind.schema);
  settings.set("width", std::string("16"));
  settings.set("crop", int64_t{32});
  settings.set("batch", int64_t{4});
  settings.set("later_step", int64_t{40});
  settings.set("later_loss", std::string("charbonnier"));
  auto experiment = kind.make(settings, {1, "cpu"});
  const double before = experiment->step().at("loss");
  double after = 0;
  for (int i = 1; i < 40; ++i) {
    const double loss = experiment->step().at("loss");
    if (i >= 34) after += loss / 6;
  }
  EXPECT_LT(after, 0.8 * before);
  EXPECT_GT(experiment->step().at("loss"), 1.5 * after);  // another loss, another scale
  const auto gallery = experiment->gallery();
  EXPECT_EQ(gallery.back().frames[1].label.find("moved by a square: squared error 1,"), 0U);
  EXPECT_EQ(gallery.back().frames[2].label.find("gray: squared error 0.25,"), 0U);
}

/// A disc that crosses a still, textured picture.
class ClipFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder = fs::temp_directory_path() / "clip_unet_test";
    fs::remove_all(folder);
    fs::create_directories(folder);
    for (int i = 0; i < 40; ++i) {
      cv::Mat frame(48, 64, CV_8UC3);
      for (int y = 0; y < 48; ++y)
        for (int x = 0; x < 64; ++x)
          frame.at<cv::Vec3b>(y, x) = {static_cast<uchar>(80 + 40 * ((x / 4 + y / 4) % 2)),
                                       static_cast<uchar>(3 * x), 60};
      cv::circle(frame, {6 + i, 24}, 7, {240, 240, 240}, cv::FILLED, cv::LINE_AA);
      writeImage(folder / (cv::format("%03d.png", i)), frame);
    }
  }
  void TearDown() override { fs::remove_all(folder); }
  fs::path folder;
};

TEST_F(ClipFolder, ATinyNetworkLearnsOnesOwnClip) {
  const auto kind = clipUnet();
  Settings settings(kind.schema);
  settings.set("clips", std::vector<std::string>{folder.string()});
  settings.set("learning_rate", 5e-3);
  auto experiment = kind.make(settings, {1, "cpu"});
  const double before = experiment->evaluate().at("validation/psnr");
  EXPECT_GT(experiment->baselines().at("validation/psnr (plain average)"), 15);
  for (int i = 0; i < 80; ++i) experiment->step();
  const auto scores = experiment->evaluate();
  EXPECT_GT(scores.at("validation/psnr"), before + 6);
  EXPECT_NEAR(scores.at("validation/brightness"), 100, 10);  // not "too dark"
}

TEST_F(ClipFolder, SaysWhenTheClipIsTooShort) {
  for (int i = 6; i < 40; ++i) fs::remove(folder / (cv::format("%03d.png", i)));
  const auto kind = clipUnet();
  Settings settings(kind.schema);
  settings.set("clips", std::vector<std::string>{folder.string()});
  EXPECT_THROW(kind.make(settings, {}), Error);
}

}  // namespace
}  // namespace fw
