#pragma once
#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/random.h"
#include "core/slowmo/engine.h"

/// Small moving pictures whose true in-between frames are known at any time.
namespace fw::scene {

/// A smooth random texture: detail of about `grain` pixels.
inline cv::Mat texture(cv::Size size, double grain, uint64_t seed) {
  Random random(seed);
  cv::Mat image(size, CV_32FC3);
  for (int y = 0; y < size.height; ++y)
    for (int i = 0; i < 3 * size.width; ++i) image.ptr<float>(y)[i] = static_cast<float>(random.normal());
  cv::GaussianBlur(image, image, {}, grain);
  cv::normalize(image, image, 0, 1, cv::NORM_MINMAX);
  return image;
}

inline cv::Mat shifted(const cv::Mat& image, double dx, double dy, cv::Size size) {
  const cv::Mat move = (cv::Mat_<double>(2, 3) << 1, 0, -40 + dx, 0, 1, -40 + dy);
  cv::Mat moved;
  cv::warpAffine(image, moved, move, size, cv::INTER_CUBIC, cv::BORDER_REFLECT);
  return moved;
}

inline cv::Mat asType(const cv::Mat& image, int depth) {
  cv::Mat converted;
  image.convertTo(converted, depth, depth == CV_8U ? 255 : 65535);
  return converted;
}

/// The whole picture moves by (dx, dy) pixels from time 0 to 1.
inline cv::Mat translating(cv::Size size, double dx, double dy, double time, int depth = CV_8U) {
  const cv::Mat large = texture({size.width + 80, size.height + 80}, 2.5, 7);
  return asType(shifted(large, dx * time, dy * time, size), depth);
}

/// A textured disc moves right before a textured background that moves left: things are hidden and uncovered.
inline cv::Mat occluding(cv::Size size, double time, uint64_t seed = 11) {
  const cv::Mat behind = texture({size.width + 80, size.height + 80}, 2, seed);
  const cv::Mat before = texture({size.width + 80, size.height + 80}, 2, seed + 1);
  const double speed = 12;
  cv::Mat image = shifted(behind, -speed * time / 2, 0, size), front = shifted(before, speed * time, 0, size);
  const double centreX = size.width * 0.4 + speed * time, centreY = size.height * 0.5,
               radius = size.height * 0.27;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      const double inside = std::clamp(radius - std::hypot(x - centreX, y - centreY) + 0.5, 0.0, 1.0);
      auto& pixel = image.at<cv::Vec3f>(y, x);
      const cv::Vec3f disc = front.at<cv::Vec3f>(y, x) * 0.6F + cv::Vec3f(0.4F, 0.2F, 0);
      pixel += (disc - pixel) * static_cast<float>(inside);
    }
  return asType(image, CV_8U);
}

}  // namespace fw::scene
