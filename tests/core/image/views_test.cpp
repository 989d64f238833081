#include "core/image/views.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "core/base/error.h"
#include "core/image/gallery.h"
#include "core/image/metrics.h"

namespace fw {
namespace {

class ImageFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("fw_image_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

cv::Mat gradient() {
  cv::Mat image(12, 17, CV_8UC3);
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      image.at<cv::Vec3b>(y, x) =
          cv::Vec3b(static_cast<uchar>(15 * x), static_cast<uchar>(20 * y), static_cast<uchar>(x * y));
  return image;
}

cv::Vec3b pixel(const cv::Mat& image, int x) { return image.at<cv::Vec3b>(0, x); }

TEST(Views, DifferenceIsWhiteWhereEqualRedWhereBrighterBlueWhereDarker) {
  const cv::Mat a = (cv::Mat_<uchar>(1, 4) << 100, 164, 36, 116),
                b = (cv::Mat_<uchar>(1, 4) << 100, 100, 100, 100);
  const cv::Mat view = signedDifference(a, b, 0.25);
  EXPECT_EQ(pixel(view, 0), cv::Vec3b(255, 255, 255));
  EXPECT_EQ(pixel(view, 1), cv::Vec3b(0, 0, 255));
  EXPECT_EQ(pixel(view, 2), cv::Vec3b(255, 0, 0));
  EXPECT_EQ(pixel(view, 3)[2], 255);
  EXPECT_NEAR(pixel(view, 3)[0], 255 * 0.75, 1);
}

TEST(Views, DifferenceSeesColourThatLeavesTheMeanAlone) {
  const cv::Mat a(1, 1, CV_8UC3, cv::Scalar(100, 140, 100)), b(1, 1, CV_8UC3, cv::Scalar(120, 100, 120));
  EXPECT_LT(pixel(signedDifference(a, b), 0)[0], 128);  // clearly red
  EXPECT_THROW(signedDifference(a, cv::Mat(1, 2, CV_8UC3)), Error);
}

TEST(Views, SixteenBitDifferenceLooksLikeEightBit) {
  cv::Mat a = gradient(), b = a / 2, a16, b16;
  a.convertTo(a16, CV_16U, 257);
  b.convertTo(b16, CV_16U, 257);
  EXPECT_LE(cv::norm(signedDifference(a16, b16), signedDifference(a, b), cv::NORM_INF), 1);
}

TEST(Views, HeatMapClipsToItsRange) {
  const float none = std::numeric_limits<float>::quiet_NaN();
  const cv::Mat values = (cv::Mat_<float>(1, 5) << -5, 0, 1, 9, none);
  const cv::Mat view = heatMap(values, 0, 1);
  EXPECT_EQ(pixel(view, 0), pixel(view, 1));
  EXPECT_EQ(pixel(view, 2), pixel(view, 3));
  EXPECT_EQ(pixel(view, 4), pixel(view, 0));
  EXPECT_GT(pixel(view, 2)[2], pixel(view, 0)[2] + 100);  // viridis ends in yellow
  EXPECT_THROW(heatMap(values, 1, 1), Error);
}

TEST(Views, FlowColoursShowDirectionAndLength) {
  cv::Mat flow(1, 4, CV_32FC2);
  flow.at<cv::Vec2f>(0, 0) = {0, 0};
  flow.at<cv::Vec2f>(0, 1) = {8, 0};
  flow.at<cv::Vec2f>(0, 2) = {-8, 0};
  flow.at<cv::Vec2f>(0, 3) = {80, 0};
  const cv::Mat view = flowColours(flow, 8);
  EXPECT_EQ(pixel(view, 0), cv::Vec3b(255, 255, 255));
  EXPECT_EQ(pixel(view, 1), cv::Vec3b(0, 0, 255));    // rightwards is red
  EXPECT_EQ(pixel(view, 2), cv::Vec3b(255, 255, 0));  // leftwards its opposite
  EXPECT_EQ(pixel(view, 3), pixel(view, 1));

  const cv::Mat legend = flowLegend(65);
  EXPECT_EQ(legend.at<cv::Vec3b>(0, 0), cv::Vec3b(255, 255, 255));
  EXPECT_LT(legend.at<cv::Vec3b>(32, 62)[0], 30);  // at the right rim: red
  EXPECT_GT(legend.at<cv::Vec3b>(32, 62)[2], 250);
}

TEST(Views, To8BitRounds) {
  const cv::Mat deep = (cv::Mat_<ushort>(1, 4) << 0, 257, 65535, 385);
  const cv::Mat expected = (cv::Mat_<uchar>(1, 4) << 0, 1, 255, 1);
  EXPECT_EQ(cv::norm(to8Bit(deep), expected, cv::NORM_INF), 0);
  EXPECT_EQ(to8Bit(cv::Mat(1, 1, CV_32FC1, cv::Scalar(1.5))).at<uchar>(0, 0), 255);
}

TEST_F(ImageFiles, WhatIsWrittenIsRead) {
  for (const char* name : {"a.png", "ä \"quoted\".tif", "b.bmp"}) {
    writeImage(folder_ / name, gradient());
    EXPECT_EQ(cv::norm(readImage(folder_ / name), gradient(), cv::NORM_INF), 0) << name;
  }
  writeImage(folder_ / "a.jpg", gradient());
  EXPECT_GT(psnr(readImage(folder_ / "a.jpg"), gradient()), 25);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}),
            4);  // nothing half-written beside
}

TEST_F(ImageFiles, GreyAndDeepPicturesComeAsEightBitColour) {
  writeImage(folder_ / "deep.png", cv::Mat(3, 3, CV_16UC1, cv::Scalar(65535)));
  const cv::Mat image = readImage(folder_ / "deep.png");
  EXPECT_EQ(image.type(), CV_8UC3);
  EXPECT_EQ(image.at<cv::Vec3b>(1, 1), cv::Vec3b(255, 255, 255));
}

TEST_F(ImageFiles, BadFilesAreErrorsThatNameTheFile) {
  std::ofstream(folder_ / "empty.png");
  std::ofstream(folder_ / "text.jpg") << "no picture";
  writeImage(folder_ / "whole.png", gradient());
  std::filesystem::copy(folder_ / "whole.png", folder_ / "short.png");
  std::filesystem::resize_file(folder_ / "short.png", 40);
  for (const char* name : {"empty.png", "text.jpg", "short.png", "missing.png", "."}) {
    try {
      readImage(folder_ / name);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.on(), (folder_ / name).string());
    }
  }
  EXPECT_THROW(writeImage(folder_ / "a.nonsense", gradient()), Error);
  EXPECT_THROW(writeImage(folder_ / "none.png", cv::Mat()), Error);
  EXPECT_THROW(writeImage(folder_ / "no such folder" / "a.png", gradient()), Error);
}

TEST(Gallery, GetsOneDifferenceForEachPrediction) {
  const cv::Mat target = gradient(), brighter = target + cv::Scalar::all(40);
  Gallery gallery{{"sample 1",
                   {{.label = "input", .role = FrameRole::Input, .image = target},
                    {.label = "target", .role = FrameRole::Target, .image = target},
                    {.label = "prediction", .role = FrameRole::Prediction, .image = brighter}}},
                  {"no target", {{.label = "prediction", .role = FrameRole::Prediction, .image = brighter}}}};
  addDifferences(gallery);
  addDifferences(gallery);  // twice adds nothing
  ASSERT_EQ(gallery[0].frames.size(), 4U);
  EXPECT_EQ(gallery[1].frames.size(), 1U);
  const GalleryFrame& added = gallery[0].frames[3];
  EXPECT_EQ(added.role, FrameRole::Difference);
  EXPECT_EQ(added.image.at<cv::Vec3b>(5, 5)[2], 255);  // too bright: red
  EXPECT_LT(added.image.at<cv::Vec3b>(5, 5)[0], 255);
  EXPECT_DOUBLE_EQ(added.high, 0.25);
}

TEST(Gallery, DifferencesPlayWhereBothPlayAndSkipOtherSizes) {
  const cv::Mat target = gradient();
  Gallery gallery{
      {"moving",
       {{.label = "truth", .role = FrameRole::Target, .image = target, .animation = {target, target}},
        {.label = "ours", .role = FrameRole::Prediction, .image = target, .animation = {target, target}},
        {.label = "theirs", .role = FrameRole::Prediction, .image = target.colRange(0, 5).clone()}}}};
  addDifferences(gallery);
  ASSERT_EQ(gallery[0].frames.size(), 4U);
  EXPECT_EQ(gallery[0].frames[2].label, "difference: ours");
  EXPECT_EQ(gallery[0].frames[2].animation.size(), 2U);
}

}  // namespace
}  // namespace fw
