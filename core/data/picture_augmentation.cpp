#include "core/data/picture_augmentation.h"

#include <opencv2/imgproc.hpp>

namespace fw {

cv::Mat blurred(const cv::Mat& picture, Random& random) {
  cv::Mat result;
  cv::GaussianBlur(picture, result, {5, 5}, random.uniform(0.3, 1.2));
  return result;
}

cv::Mat elastic(const cv::Mat& picture, Random& random) {
  constexpr int kCells = 5;
  const double strength = 0.07 * picture.cols;  // pixels
  cv::Mat coarse(kCells, kCells, CV_32FC2), shift;
  for (auto each = coarse.begin<cv::Vec2f>(); each != coarse.end<cv::Vec2f>(); ++each)
    *each = {static_cast<float>(strength * random.uniform(-1, 1)),
             static_cast<float>(strength * random.uniform(-1, 1))};
  cv::resize(coarse, shift, picture.size(), 0, 0, cv::INTER_CUBIC);
  for (int y = 0; y < shift.rows; ++y)
    for (int x = 0; x < shift.cols; ++x)
      shift.at<cv::Vec2f>(y, x) += cv::Vec2f(static_cast<float>(x), static_cast<float>(y));
  cv::Mat result;
  cv::remap(picture, result, shift, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  return result;
}

cv::Mat partlyErased(const cv::Mat& picture, Random& random) {
  cv::Mat result = picture.clone();
  const int width = static_cast<int>(random.integer(picture.cols / 8, picture.cols / 3));
  const int height = static_cast<int>(random.integer(picture.rows / 8, picture.rows / 3));
  const cv::Rect hole(static_cast<int>(random.integer(0, picture.cols - width)),
                      static_cast<int>(random.integer(0, picture.rows - height)), width, height);
  for (int y = hole.y; y < hole.br().y; ++y)
    for (int x = hole.x * picture.channels(); x < hole.br().x * picture.channels(); ++x)
      result.ptr<uchar>(y)[x] = static_cast<uchar>(random.integer(0, 255));
  return result;
}

cv::Mat shiftedBy(const cv::Mat& picture, int dx, int dy) {
  cv::Mat result;
  cv::warpAffine(picture, result, cv::Matx23d(1, 0, dx, 0, 1, dy), picture.size(), cv::INTER_NEAREST,
                 cv::BORDER_REPLICATE);
  return result;
}

}  // namespace fw
