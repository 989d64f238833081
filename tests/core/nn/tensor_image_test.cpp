#include "core/nn/tensor_image.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/base/error.h"

namespace fw {

TEST(TensorImage, KeepsPlacesChannelsAndValues) {
  cv::Mat image(2, 3, CV_8UC3, cv::Scalar(0, 0, 0));
  image.at<cv::Vec3b>(1, 2) = {255, 128, 51};
  const auto tensor = toTensor(image);
  EXPECT_EQ(tensor.sizes(), (std::vector<int64_t>{3, 2, 3}));
  EXPECT_TRUE(tensor.is_contiguous());
  EXPECT_FLOAT_EQ(tensor[0][1][2].item<float>(), 1.0f);
  EXPECT_FLOAT_EQ(tensor[1][1][2].item<float>(), 128.0f / 255);
  EXPECT_FLOAT_EQ(tensor[2][1][2].item<float>(), 0.2f);
  EXPECT_FLOAT_EQ(tensor[0][0][0].item<float>(), 0.0f);
}

TEST(TensorImage, EveryByteSurvivesTheRoundTrip) {
  cv::Mat image(16, 16, CV_8UC1);
  for (int i = 0; i < 256; ++i) image.data[i] = static_cast<uchar>(i);
  EXPECT_EQ(cv::norm(toImage(toTensor(image)), image, cv::NORM_INF), 0);
}

TEST(TensorImage, TakesSixteenBitFloatAndPartsOfPictures) {
  EXPECT_FLOAT_EQ(toTensor(cv::Mat(1, 1, CV_16UC1, cv::Scalar(65535)))[0][0][0].item<float>(), 1);
  EXPECT_FLOAT_EQ(toTensor(cv::Mat(1, 1, CV_32FC1, cv::Scalar(0.25)))[0][0][0].item<float>(), 0.25);
  cv::Mat whole(4, 6, CV_8UC3, cv::Scalar(0, 0, 0));
  whole.at<cv::Vec3b>(2, 3) = {255, 255, 255};
  EXPECT_FLOAT_EQ(toTensor(whole(cv::Rect(3, 2, 2, 2)))[1][0][0].item<float>(), 1);
}

TEST(TensorImage, ClipsRoundsAndShowsNoNumberAsBlack) {
  const auto tensor =
      torch::tensor({-1.0f, 0.5f, 2.0f, std::numeric_limits<float>::quiet_NaN()}).view({1, 1, 1, 4});
  const cv::Mat image = toImage(tensor);
  EXPECT_EQ(image.type(), CV_8UC1);
  EXPECT_EQ(image.at<uchar>(0, 0), 0);
  EXPECT_EQ(image.at<uchar>(0, 1), 128);
  EXPECT_EQ(image.at<uchar>(0, 2), 255);
  EXPECT_EQ(image.at<uchar>(0, 3), 0);
}

TEST(TensorImage, BatchesPicturesOfOneSizeOnly) {
  const std::vector<cv::Mat> pair{cv::Mat::zeros(4, 5, CV_8UC3),
                                  cv::Mat(4, 5, CV_8UC3, cv::Scalar::all(255))};
  const auto batch = toBatch(pair);
  EXPECT_EQ(batch.sizes(), (std::vector<int64_t>{2, 3, 4, 5}));
  EXPECT_FLOAT_EQ(batch[1].mean().item<float>(), 1);
  EXPECT_THROW(toBatch(std::vector<cv::Mat>{pair[0], cv::Mat::zeros(4, 6, CV_8UC3)}), Error);
  EXPECT_THROW(toBatch({}), Error);
}

TEST(TensorImage, RefusesWhatIsNoPicture) {
  EXPECT_THROW(toTensor(cv::Mat()), Error);
  EXPECT_THROW(toTensor(cv::Mat(2, 2, CV_8UC4)), Error);
  EXPECT_THROW(toTensor(cv::Mat(2, 2, CV_64FC1)), Error);
  EXPECT_THROW(toImage(torch::zeros({2, 4, 4})), Error);
  EXPECT_THROW(toImage(torch::zeros({4, 4})), Error);
  EXPECT_THROW(toImage(torch::zeros({2, 3, 4, 4})), Error);
}

}  // namespace fw
