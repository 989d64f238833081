#include "core/image/sizes.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace fw {

cv::Mat shrunk(const cv::Mat& picture, cv::Size size) {
  cv::Mat from = picture, to;
  // Halves are quickly made: two of them take an eighth of the time of a quarter.
  while (from.cols >= 4 * size.width && from.rows >= 4 * size.height) {
    cv::resize(from, to, {from.cols / 2, from.rows / 2}, 0, 0, cv::INTER_AREA);
    from = std::exchange(to, {});
  }
  cv::resize(from, to, size, 0, 0, cv::INTER_AREA);
  return to;
}

cv::Mat cutToFit(const cv::Mat& image, cv::Size size) {
  const double scale =
      std::max(static_cast<double>(size.width) / image.cols, static_cast<double>(size.height) / image.rows);
  const cv::Size larger(std::max(size.width, static_cast<int>(std::lround(image.cols * scale))),
                        std::max(size.height, static_cast<int>(std::lround(image.rows * scale))));
  cv::Mat scaled;
  cv::resize(image, scaled, larger, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  const cv::Rect middle((larger.width - size.width) / 2, (larger.height - size.height) / 2, size.width,
                        size.height);
  return scaled(middle).clone();
}

}  // namespace fw
