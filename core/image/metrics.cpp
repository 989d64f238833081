#include "core/image/metrics.h"

#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace fw {
namespace {

std::string describe(const cv::Mat& image) {
  const char* depth = image.depth() == CV_8U ? "8-bit" : image.depth() == CV_16U ? "16-bit" : "other";
  return std::to_string(image.cols) + "×" + std::to_string(image.rows) + ", " + depth + ", " +
         std::to_string(image.channels()) + " channel(s)";
}

void requirePicture(const cv::Mat& image) {
  const bool known = (image.depth() == CV_8U || image.depth() == CV_16U) &&
                     (image.channels() == 1 || image.channels() == 3) && !image.empty();
  if (!known)
    throw Error("This picture cannot be measured", describe(image),
                "Give an 8- or 16-bit picture with one or three channels.");
}

void requireAlike(const cv::Mat& a, const cv::Mat& b) {
  requirePicture(a);
  if (a.size() != b.size() || a.type() != b.type())
    throw Error("These two pictures cannot be compared", describe(a) + " and " + describe(b),
                "Both must have the same size and type.");
}

double fullRange(const cv::Mat& image) { return image.depth() == CV_8U ? 255.0 : 65535.0; }
double samples(const cv::Mat& image) { return static_cast<double>(image.total()) * image.channels(); }

// ∑ SSIM over one channel. With s = a + b and d = a − b every term of the formula follows from the local
// means of s, d, s², d²: four blurs in place of five, and equal pictures give exactly 1.
double ssimSum(const cv::Mat& a, const cv::Mat& b, double range) {
  constexpr double kSigma = 1.5, kC1 = 0.01 * 0.01, kC2 = 0.03 * 0.03;
  cv::Mat first, second, s, d;
  a.convertTo(first, CV_32F, 1 / range, -0.5);  // centred: variances lose fewer digits
  b.convertTo(second, CV_32F, 1 / range, -0.5);
  cv::add(first, second, s);
  cv::subtract(first, second, d);

  const auto local = [](const cv::Mat& values) {
    cv::Mat mean;
    cv::GaussianBlur(values, mean, {11, 11}, kSigma, kSigma, cv::BORDER_REFLECT);
    return mean;
  };
  const cv::Mat meanS = local(s), meanD = local(d), squareS = local(s.mul(s)), squareD = local(d.mul(d));

  double sum = 0;
  for (int y = 0; y < a.rows; ++y) {
    const auto *ms = meanS.ptr<float>(y), *md = meanD.ptr<float>(y);
    const auto *qs = squareS.ptr<float>(y), *qd = squareD.ptr<float>(y);
    double row = 0;
    for (int x = 0; x < a.cols; ++x) {
      const double varianceS = qs[x] - double{ms[x]} * ms[x], varianceD = qd[x] - double{md[x]} * md[x];
      const double s2 = (ms[x] + 1.0) * (ms[x] + 1.0), d2 = double{md[x]} * md[x];
      const double top = ((s2 - d2) / 2 + kC1) * ((varianceS - varianceD) / 2 + kC2);
      const double bottom = ((s2 + d2) / 2 + kC1) * ((varianceS + varianceD) / 2 + kC2);
      row += top / bottom;
    }
    sum += row;
  }
  return sum;
}

}  // namespace

double meanAbsoluteError(const cv::Mat& a, const cv::Mat& b) {
  requireAlike(a, b);
  return cv::norm(a, b, cv::NORM_L1) / samples(a) / fullRange(a);
}

double meanSquaredError(const cv::Mat& a, const cv::Mat& b) {
  requireAlike(a, b);
  return cv::norm(a, b, cv::NORM_L2SQR) / samples(a) / (fullRange(a) * fullRange(a));
}

double psnr(const cv::Mat& a, const cv::Mat& b) {
  const double error = meanSquaredError(a, b);
  return error > 0 ? -10 * std::log10(error) : std::numeric_limits<double>::infinity();
}

double ssim(const cv::Mat& a, const cv::Mat& b) {
  requireAlike(a, b);
  std::vector<cv::Mat> channelsOfA, channelsOfB;
  cv::split(a, channelsOfA);
  cv::split(b, channelsOfB);
  double sum = 0;
  for (std::size_t i = 0; i < channelsOfA.size(); ++i)
    sum += ssimSum(channelsOfA[i], channelsOfB[i], fullRange(a));
  return sum / samples(a);
}

double sharpness(const cv::Mat& image) {
  requirePicture(image);
  cv::Mat luma = image, edges;
  if (image.channels() == 3) cv::cvtColor(image, luma, cv::COLOR_BGR2GRAY);
  cv::Laplacian(luma, edges, image.depth() == CV_8U ? CV_16S : CV_32F, 1, 1, 0, cv::BORDER_REPLICATE);
  constexpr double kLargest = 4;  // a white pixel among four black ones
  return cv::norm(edges, cv::NORM_L1) / static_cast<double>(edges.total()) / (kLargest * fullRange(image));
}

}  // namespace fw
