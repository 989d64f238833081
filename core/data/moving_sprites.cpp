#include "core/data/moving_sprites.h"

#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace fw {
namespace {

struct Sprite {
  cv::Mat mask;  // CV_8UC1
  int shade;
  double x, y, vx, vy;  // of its upper left corner
};

Sprite randomSprite(int side, Random& random) {
  const int size = std::max(8, static_cast<int>(side * random.uniform(0.28, 0.42)));
  constexpr int kFine = 96;
  cv::Mat mask = cv::Mat::zeros(kFine, kFine, CV_8UC1);
  const cv::Point middle(kFine / 2, kFine / 2);
  switch (random.integer(0, 4)) {
    case 0:
      cv::circle(mask, middle, 40, 255, cv::FILLED, cv::LINE_AA);
      break;
    case 1:
      cv::rectangle(mask, {12, 12}, {84, 84}, 255, cv::FILLED);
      break;
    case 2:
      cv::circle(mask, middle, 36, 255, 14, cv::LINE_AA);
      break;
    default: {
      const auto text = std::to_string(random.integer(0, 9));
      int baseline = 0;
      const auto box = cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, 3.4, 14, &baseline);
      cv::putText(mask, text, {(kFine - box.width) / 2, (kFine + box.height) / 2}, cv::FONT_HERSHEY_SIMPLEX,
                  3.4, 255, 14, cv::LINE_AA);
    }
  }
  Sprite sprite;
  cv::resize(mask, sprite.mask, {size, size}, 0, 0, cv::INTER_AREA);
  sprite.shade = static_cast<int>(random.integer(110, 255));
  sprite.x = random.uniform(0, side - size);
  sprite.y = random.uniform(0, side - size);
  const double direction = random.uniform(0, 2 * std::numbers::pi), speed = side * random.uniform(0.02, 0.07);
  sprite.vx = speed * std::cos(direction);
  sprite.vy = speed * std::sin(direction);
  return sprite;
}

void move(double& at, double& velocity, double room) {
  at += velocity;
  if (at < 0) at = -at, velocity = -velocity;
  if (at > room) at = 2 * room - at, velocity = -velocity;
}

/// Only where the sprite is: the rest of the canvas is most of it.
void paint(cv::Mat& canvas, const Sprite& sprite) {
  const int left = static_cast<int>(std::floor(sprite.x)), top = static_cast<int>(std::floor(sprite.y));
  const cv::Matx23d place(1, 0, sprite.x - left, 0, 1, sprite.y - top);
  cv::Mat mask;
  cv::warpAffine(sprite.mask, mask, place, {sprite.mask.cols + 1, sprite.mask.rows + 1}, cv::INTER_LINEAR);
  for (int y = std::max(0, -top); y < mask.rows && top + y < canvas.rows; ++y) {
    auto* to = canvas.ptr<uchar>(top + y) + left;
    const auto* over = mask.ptr<uchar>(y);
    for (int x = std::max(0, -left); x < mask.cols && left + x < canvas.cols; ++x)
      to[x] = static_cast<uchar>((to[x] * (255 - over[x]) + sprite.shade * over[x] + 127) / 255);
  }
}

}  // namespace

std::vector<cv::Mat> movingSprites(int frames, int side, int sprites, Random& random) {
  std::vector<Sprite> all;
  for (int i = 0; i < sprites; ++i) all.push_back(randomSprite(side, random));
  std::vector<cv::Mat> result;
  for (int i = 0; i < frames; ++i) {
    cv::Mat canvas = cv::Mat::zeros(side, side, CV_8UC1);
    for (auto& sprite : all) {
      paint(canvas, sprite);
      move(sprite.x, sprite.vx, side - sprite.mask.cols);
      move(sprite.y, sprite.vy, side - sprite.mask.rows);
    }
    result.push_back(canvas);
  }
  return result;
}

}  // namespace fw
