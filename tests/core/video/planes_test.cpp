#include "core/video/planes.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "core/image/metrics.h"
#include "core/video/colour.h"
#include "tests/core/slowmo/engine_motion.h"

namespace fw {
namespace {

const PlaneColours kHd{}, kSd{.red = 0.299, .blue = 0.114},
    kFull{.red = 0.299, .blue = 0.114, .fullRange = true};

Planes planesFor(cv::Size size) {
  const cv::Size half = size / 2;
  return {cv::Mat(size, CV_8U), cv::Mat(half, CV_8U), cv::Mat(half, CV_8U)};
}

cv::Mat thereAndBack(const cv::Mat& image, const PlaneColours& colours) {
  Planes planes = planesFor(image.size());
  bgrToPlanes(image, colours, planes);
  cv::Mat back(image.size(), CV_8UC3);
  planesToBgr(planes, colours, back);
  return back;
}

TEST(Planes, KnowTheColoursOfTheStandards) {
  const struct {
    PlaneColours colours;
    cv::Vec3b bgr;
    cv::Vec3b planes;  // brightness, blueness, redness
  } known[] = {{kHd, {255, 255, 255}, {235, 128, 128}}, {kHd, {0, 0, 255}, {63, 102, 240}},
               {kSd, {0, 0, 255}, {81, 90, 240}},       {kSd, {255, 0, 0}, {41, 240, 110}},
               {kFull, {0, 255, 0}, {150, 44, 21}},     {kFull, {0, 0, 0}, {0, 128, 128}}};
  for (const auto& [colours, bgr, expected] : known) {
    const cv::Mat image(6, 10, CV_8UC3, cv::Scalar(bgr));
    Planes planes = planesFor(image.size());
    bgrToPlanes(image, colours, planes);
    for (const auto& [plane, level] : {std::pair(planes.brightness, expected[0]),
                                       {planes.blueness, expected[1]},
                                       {planes.redness, expected[2]}})
      EXPECT_LE(cv::norm(plane, cv::Mat(plane.size(), CV_8U, cv::Scalar(level)), cv::NORM_INF), 1) << bgr;
    EXPECT_LE(cv::norm(thereAndBack(image, colours), image, cv::NORM_INF), 3) << bgr;
  }
}

TEST(Planes, ThereAndBackChangesNothing) {
  for (const cv::Size size : {cv::Size(2, 2), {6, 4}, {66, 38}, {320, 180}}) {
    Planes planes = planesFor(size);
    cv::RNG random(5);
    random.fill(planes.brightness, cv::RNG::UNIFORM, 110, 150);  // colours that BGR has
    for (cv::Mat* colour : {&planes.blueness, &planes.redness})
      random.fill(*colour, cv::RNG::UNIFORM, 118, 139);
    for (const auto& colours : {kHd, kSd, kFull}) {
      cv::Mat image(size, CV_8UC3);
      planesToBgr(planes, colours, image);
      Planes again = planesFor(size);
      bgrToPlanes(image, colours, again);
      EXPECT_LE(cv::norm(planes.brightness, again.brightness, cv::NORM_INF), 1);
      EXPECT_LE(cv::norm(planes.blueness, again.blueness, cv::NORM_INF), 1);
      EXPECT_LE(cv::norm(planes.redness, again.redness, cv::NORM_INF), 1);
    }
  }
}

TEST(Planes, PicturesLoseOnlyTheFinenessOfTheirColours) {
  const cv::Mat picture = scene::occluding({320, 180}, 0);
  const cv::Mat back = thereAndBack(picture, kHd);
  cv::Mat grey, greyBack;
  cv::cvtColor(picture, grey, cv::COLOR_BGR2GRAY);
  cv::cvtColor(back, greyBack, cv::COLOR_BGR2GRAY);
  EXPECT_GT(psnr(grey, greyBack), 44);
  EXPECT_GT(psnr(picture, back), 30);
}

TEST(Converter, ReadsPicturesWhoseLinesGoBackwards) {
  using namespace ffmpeg;
  constexpr int kWidth = 64, kHeight = 48;
  const Picture picture = newPicture();
  picture->format = AV_PIX_FMT_YUV420P;
  picture->width = kWidth;
  picture->height = kHeight;
  ASSERT_GE(av_frame_get_buffer(picture.get(), 0), 0);
  cv::Mat soft;  // so that swscale, which takes these, shows the same
  cv::GaussianBlur(scene::occluding({kWidth, kHeight}, 0), soft, {}, 2);
  Converter().fromBgr(soft, *picture);
  for (const auto& [width, height] : {std::pair(kWidth, kHeight), {kWidth / 2, kHeight / 2}}) {
    const cv::Mat upright = Converter().toBgr(*picture, width, height, false);
    const Picture turned(av_frame_clone(picture.get()));
    for (const int plane : {0, 1, 2}) {
      turned->data[plane] += turned->linesize[plane] * ((plane > 0 ? kHeight / 2 : kHeight) - 1);
      turned->linesize[plane] *= -1;
    }
    cv::Mat back;
    cv::flip(Converter().toBgr(*turned, width, height, false), back, 0);
    EXPECT_GT(psnr(upright, back), 28) << width;
  }
}

}  // namespace
}  // namespace fw
