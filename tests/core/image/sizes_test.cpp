#include "core/image/sizes.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

namespace fw {
namespace {

class Shrunk : public testing::TestWithParam<cv::Size> {};

TEST_P(Shrunk, IsTheMeanOfWhatItCovers) {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC3}) {
    const double white = type == CV_16UC3 ? 65535 : 255;
    cv::Mat picture(180, 320, type), mean;
    cv::randu(picture, 0, white);
    cv::GaussianBlur(picture, picture, {}, 3);  // what halves of pixels are counted to matters in noise only
    cv::normalize(picture, picture, 0, white, cv::NORM_MINMAX);
    const cv::Mat untouched = picture.clone(), small = shrunk(picture, GetParam());
    cv::resize(picture, mean, GetParam(), 0, 0, cv::INTER_AREA);
    EXPECT_EQ(small.type(), type);
    EXPECT_EQ(small.size(), GetParam());
    EXPECT_LE(cv::norm(small, mean, cv::NORM_INF), white / 32);
    EXPECT_EQ(cv::norm(picture, untouched, cv::NORM_INF), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Shrunk,
                         testing::Values(cv::Size(320, 180), cv::Size(300, 170), cv::Size(160, 90),
                                         cv::Size(80, 45), cv::Size(75, 40), cv::Size(20, 9)));

}  // namespace
}  // namespace fw
