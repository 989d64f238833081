#include "core/data/sample_pictures.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

namespace fw {
namespace {

// Drawn larger and shrunk, which smooths every edge.
constexpr int kOversampling = 3;

using Colour = cv::Vec3f;  // BGR, 0 … 255

Colour mix(const Colour& a, const Colour& b, double t) {
  return a * static_cast<float>(1 - t) + b * static_cast<float>(t);
}

double smooth(double low, double high, double x) {
  const double t = std::clamp((x - low) / (high - low), 0.0, 1.0);
  return t * t * (3 - 2 * t);
}

/// Colour as a function of the place, both coordinates in 0 … 1.
template <class Paint>
cv::Mat painted(int width, int height, Paint paint) {
  cv::Mat image(height, width, CV_32FC3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) image.at<Colour>(y, x) = paint((x + 0.5) / width, (y + 0.5) / height);
  image.convertTo(image, CV_8U);
  return image;
}

double ridge(double x, int layer) {
  const double k = layer;
  return 0.04 * std::sin(7 * x + 2.1 * k) + 0.025 * std::sin(17 * x + 4.3 * k) + 0.012 * std::sin(41 * x + k);
}

Colour skyAndMountains(double x, double y) {
  Colour colour = mix({150, 80, 40}, {150, 190, 250}, std::pow(y / 0.6, 1.4));
  const double toSun = std::hypot((x - 0.68) * 1.45, y - 0.34);
  colour = mix(colour, {190, 235, 255}, std::exp(-toSun * toSun / 0.02) * 0.8);
  if (toSun < 0.055) colour = {215, 248, 255};
  for (int layer = 0; layer < 4; ++layer) {
    const double top = 0.38 + 0.06 * layer + ridge(x, layer);
    if (y > top)
      colour = mix({170, 150, 140}, {55, 45, 25}, layer / 3.0) * static_cast<float>(1 - 0.4 * (y - top));
  }
  return colour;
}

cv::Mat lake(int width, int height) {
  constexpr double kShore = 0.62;
  return painted(width, height, [](double x, double y) {
    if (y < kShore) return skyAndMountains(x, y);
    const double depth = (y - kShore) / (1 - kShore);
    const double ripple = 0.012 * depth * std::sin(120 * std::sqrt(depth) + 9 * std::sin(6 * x));
    const Colour mirrored = skyAndMountains(x + ripple, kShore - (y - kShore) * 1.3);
    return mix(mirrored, {95, 70, 30}, 0.25 + 0.4 * depth);
  });
}

struct Ball {
  double x, y, radius;
  Colour colour;
};

cv::Mat balls(int width, int height) {
  const double aspect = static_cast<double>(width) / height;
  const std::vector<Ball> all{{0.24, 0.55, 0.20, {40, 60, 215}},
                              {0.78, 0.50, 0.24, {60, 160, 60}},
                              {0.50, 0.68, 0.15, {30, 190, 240}},
                              {0.92, 0.80, 0.10, {200, 90, 60}},
                              {0.08, 0.82, 0.09, {170, 70, 170}}};
  return painted(width, height, [&](double x, double y) {
    const bool table = y > 0.52;
    const bool dark = (static_cast<int>(std::floor((x - 0.5) * 5 / (y - 0.35) + 50)) +
                       static_cast<int>(std::floor(3.2 / (y - 0.35)))) %
                          2 ==
                      0;
    Colour colour = table ? (dark ? Colour(70, 95, 125) : Colour(165, 195, 220))
                          : mix({90, 75, 70}, {165, 150, 140}, y / 0.52);
    for (const auto& ball : all) {  // shadows lie to the lower right, on the table only
      const double dx = (x - ball.x) * aspect - ball.radius * 0.5,
                   dy = (y - ball.y - ball.radius * 0.92) * 3.5;
      if (table)
        colour *= static_cast<float>(0.45 + 0.55 * smooth(0.5, 1.25, std::hypot(dx, dy) / ball.radius));
    }
    for (const auto& ball : all) {
      const double dx = (x - ball.x) * aspect / ball.radius, dy = (y - ball.y) / ball.radius;
      const double distance = dx * dx + dy * dy;
      if (distance > 1) continue;
      const double dz = std::sqrt(1 - distance);
      const double light = std::max(0.0, -0.5 * dx - 0.62 * dy + 0.6 * dz);
      colour = ball.colour * static_cast<float>(0.25 + 0.85 * light);
      colour = mix(colour, {255, 255, 255}, std::pow(light, 24.0));
    }
    return colour;
  });
}

cv::Mat poster(int width, int height) {
  cv::Mat image = painted(width, height, [](double x, double y) {
    const double angle = std::atan2(y - 0.95, x - 0.5);
    const bool ray = static_cast<int>(std::floor(angle / M_PI * 18 + 100)) % 2 == 0;
    const Colour paper = ray ? Colour(190, 225, 245) : Colour(120, 185, 240);
    return std::hypot(x - 0.5, (y - 0.95) * 0.8) < 0.3 ? Colour(55, 45, 190) : paper;
  });
  const double unit = height / 100.0;
  const auto write = [&](const char* words, double scale, double y, const cv::Scalar& colour, double stroke) {
    const int thickness = std::max(1, static_cast<int>(stroke * unit));
    int below = 0;
    const cv::Size size = cv::getTextSize(words, cv::FONT_HERSHEY_DUPLEX, scale, thickness, &below);
    const double fit = std::min(1.0, 0.9 * width / size.width);
    cv::putText(image, words,
                cv::Point(static_cast<int>((width - size.width * fit) / 2), static_cast<int>(y * height)),
                cv::FONT_HERSHEY_DUPLEX, scale * fit, colour, thickness, cv::LINE_AA);
  };
  write("FRAMES", unit / 1.1, 0.27, {60, 35, 20}, 4);
  write("between", unit / 1.4, 0.46, {50, 40, 190}, 2.5);
  write("one picture and the next", unit / 3.2, 0.57, {60, 35, 20}, 1);
  for (int hole = 0; hole < 12; ++hole) {
    const double x = (hole + 0.25) / 12.0 * width, side = width / 24.0;
    for (const double y : {0.025, 0.925})
      cv::rectangle(image, cv::Rect2d(x, y * height, side, 0.05 * height), {30, 25, 25}, cv::FILLED);
  }
  return image;
}

}  // namespace

std::vector<cv::Mat> samplePictures(int width, int height) {
  std::vector<cv::Mat> pictures;
  for (const auto draw : {lake, balls, poster}) {
    cv::Mat small;
    cv::resize(draw(width * kOversampling, height * kOversampling), small, {width, height}, 0, 0,
               cv::INTER_AREA);
    pictures.push_back(small);
  }
  return pictures;
}

}  // namespace fw
