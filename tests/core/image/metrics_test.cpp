#include "core/image/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/base/random.h"

namespace fw {
namespace {

cv::Mat noise(cv::Size size, int type, uint64_t seed) {
  Random random(seed);
  cv::Mat image(size, type);
  const int64_t top = image.depth() == CV_8U ? 255 : 65535;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width * image.channels(); ++x) {
      if (top == 255)
        image.ptr<uchar>(y)[x] = static_cast<uchar>(random.integer(0, top));
      else
        image.ptr<ushort>(y)[x] = static_cast<ushort>(random.integer(0, top));
    }
  return image;
}

// Straight from the paper, one window at a time.
double ssimByTheBook(const cv::Mat& a, const cv::Mat& b) {
  double total = 0;
  double weights[11], norm = 0;
  for (int i = 0; i < 11; ++i) norm += weights[i] = std::exp(-(i - 5) * (i - 5) / (2 * 1.5 * 1.5));
  const auto at = [](const cv::Mat& m, int y, int x) {
    return static_cast<double>(m.at<uchar>(cv::borderInterpolate(y, m.rows, cv::BORDER_REFLECT),
                                           cv::borderInterpolate(x, m.cols, cv::BORDER_REFLECT)));
  };
  for (int y = 0; y < a.rows; ++y)
    for (int x = 0; x < a.cols; ++x) {
      double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
      for (int v = -5; v <= 5; ++v)
        for (int u = -5; u <= 5; ++u) {
          const double w = weights[v + 5] * weights[u + 5] / (norm * norm);
          const double p = at(a, y + v, x + u), q = at(b, y + v, x + u);
          ma += w * p, mb += w * q, aa += w * p * p, bb += w * q * q, ab += w * p * q;
        }
      const double c1 = 2.55 * 2.55, c2 = 7.65 * 7.65;
      total += (2 * ma * mb + c1) * (2 * (ab - ma * mb) + c2) /
               ((ma * ma + mb * mb + c1) * (aa - ma * ma + bb - mb * mb + c2));
    }
  return total / static_cast<double>(a.total());
}

TEST(Metrics, MatchHandComputedValues) {
  const cv::Mat a = (cv::Mat_<uchar>(2, 2) << 0, 10, 20, 255), b = (cv::Mat_<uchar>(2, 2) << 0, 13, 16, 255);
  EXPECT_DOUBLE_EQ(meanAbsoluteError(a, b), 7.0 / 4 / 255);
  EXPECT_DOUBLE_EQ(meanSquaredError(a, b), 25.0 / 4 / (255.0 * 255));
  EXPECT_NEAR(psnr(a, b), 10 * std::log10(255.0 * 255 * 4 / 25), 1e-12);  // 40.17 dB
  EXPECT_TRUE(std::isinf(psnr(a, a)));
}

TEST(Metrics, SixteenBitsMeasureTheSameAsEightScaledUp) {
  const cv::Mat a = noise({37, 29}, CV_8UC3, 1);
  cv::Mat b = a.clone(), a16, b16;
  cv::GaussianBlur(b, b, {5, 5}, 1);
  a.convertTo(a16, CV_16U, 257);
  b.convertTo(b16, CV_16U, 257);
  EXPECT_NEAR(psnr(a16, b16), psnr(a, b), 1e-9);
  EXPECT_NEAR(meanAbsoluteError(a16, b16), meanAbsoluteError(a, b), 1e-12);
  EXPECT_NEAR(ssim(a16, b16), ssim(a, b), 1e-6);
  EXPECT_NEAR(sharpness(a16), sharpness(a), 1e-3);
}

TEST(Metrics, LargeErrorsDoNotOverflow) {
  const cv::Mat black(1080, 1920, CV_16UC3, cv::Scalar::all(0)),
      white(1080, 1920, CV_16UC3, cv::Scalar::all(65535));
  EXPECT_DOUBLE_EQ(meanSquaredError(black, white), 1);
  EXPECT_DOUBLE_EQ(meanAbsoluteError(black, white), 1);
  EXPECT_DOUBLE_EQ(psnr(black, white), 0);
}

TEST(Metrics, SsimIsWhatThePaperSays) {
  const cv::Mat a = noise({24, 19}, CV_8UC1, 2);
  cv::Mat b;
  cv::GaussianBlur(a, b, {3, 3}, 0.8);
  EXPECT_NEAR(ssim(a, b), ssimByTheBook(a, b), 2e-5);
  EXPECT_LT(ssim(a, b), 0.95);
  EXPECT_EQ(ssim(a, a), 1);

  // Two flat pictures: only the means count.
  const cv::Mat dark(30, 30, CV_8UC1, cv::Scalar(100)), bright(30, 30, CV_8UC1, cv::Scalar(120));
  const double c1 = 2.55 * 2.55;
  EXPECT_NEAR(ssim(dark, bright), (2 * 100 * 120 + c1) / (100 * 100 + 120 * 120 + c1), 1e-5);
}

TEST(Metrics, SsimOfColourIsTheMeanOfItsChannels) {
  const cv::Mat a = noise({40, 30}, CV_8UC3, 3), b = noise({40, 30}, CV_8UC3, 4);
  double sum = 0;
  for (int channel = 0; channel < 3; ++channel) {
    cv::Mat first, second;
    cv::extractChannel(a, first, channel);
    cv::extractChannel(b, second, channel);
    sum += ssim(first, second);
  }
  EXPECT_NEAR(ssim(a, b), sum / 3, 1e-9);
}

TEST(Metrics, WorkOnOnePixel) {
  const cv::Mat a(1, 1, CV_8UC3, cv::Scalar(1, 2, 3)), b(1, 1, CV_8UC3, cv::Scalar(1, 2, 6));
  EXPECT_DOUBLE_EQ(meanAbsoluteError(a, b), 1.0 / 255);
  EXPECT_LT(ssim(a, b), 1);
  EXPECT_EQ(sharpness(a), 0);
}

TEST(Metrics, SharpnessFallsWithBlurAndIsOneForACheckerboard) {
  cv::Mat board(64, 64, CV_8UC1);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) board.at<uchar>(y, x) = (x + y) % 2 ? 255 : 0;
  EXPECT_NEAR(sharpness(board(cv::Rect(1, 1, 62, 62))), 1, 0.03);  // the rim has fewer neighbours
  cv::Mat blurred;
  cv::GaussianBlur(noise({64, 64}, CV_8UC3, 5), blurred, {7, 7}, 1.5);
  EXPECT_LT(sharpness(blurred), 0.25 * sharpness(noise({64, 64}, CV_8UC3, 5)));
  EXPECT_EQ(sharpness(cv::Mat(9, 9, CV_8UC3, cv::Scalar(9, 9, 9))), 0);
}

TEST(Metrics, RefuseWhatCannotBeCompared) {
  const cv::Mat a(4, 4, CV_8UC3, cv::Scalar::all(0));
  EXPECT_THROW(psnr(a, cv::Mat(4, 5, CV_8UC3)), Error);
  EXPECT_THROW(ssim(a, cv::Mat(4, 4, CV_16UC3)), Error);
  EXPECT_THROW(meanAbsoluteError(cv::Mat(), cv::Mat()), Error);
  EXPECT_THROW(sharpness(cv::Mat(4, 4, CV_32FC1)), Error);
}

}  // namespace
}  // namespace fw
