#include "core/image/shrink.h"

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

}  // namespace fw
