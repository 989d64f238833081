#include "core/data/layered_motion.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace fw {
namespace {

/// A similarity that moves evenly with time: canvas to texture.
struct Movement {
  cv::Point2d centre;   // canvas point that everything turns and zooms about
  cv::Point2d anchor;   // the texture's pixel there
  double angle, zoom;   // at half time
  cv::Point2d shift;    // canvas pixels over the whole interval
  double turn, growth;  // radians, logarithm

  cv::Matx23d at(double time) const {
    const double tau = time - 0.5;
    const double a = angle + turn * tau, s = zoom * std::exp(growth * tau);
    const double c = std::cos(a) * s, d = std::sin(a) * s;
    const cv::Point2d p = centre + shift * tau;
    return {c, -d, anchor.x - c * p.x + d * p.y, d, c, anchor.y - d * p.x - c * p.y};
  }
};

double logUniform(double low, double high, Random& random) {
  return std::exp(random.uniform(std::log(low), std::log(high)));
}

Movement randomMovement(const cv::Size& texture, int side, double fastest, Random& random) {
  const double direction = random.uniform(0, 2 * std::numbers::pi), length = logUniform(0.4, fastest, random);
  const bool still = random.chance(0.4);  // many things only shift
  return {{random.uniform(0, side), random.uniform(0, side)},
          {random.uniform(0, texture.width), random.uniform(0, texture.height)},
          random.chance(0.5) ? 0.0 : random.uniform(-0.6, 0.6),
          random.uniform(0.55, 1.25),
          {length * std::cos(direction), length * std::sin(direction)},
          still ? 0.0 : random.normal() * 0.05,
          still ? 0.0 : random.normal() * 0.05};
}

cv::Mat smoothNoise(int side, int cells, Random& random) {
  cv::Mat coarse(cells + 2, cells + 2, CV_32FC1), fine;
  for (auto it = coarse.begin<float>(); it != coarse.end<float>(); ++it)
    *it = static_cast<float>(random.uniform());
  cv::resize(coarse, fine, cv::Size(side, side), 0, 0, cv::INTER_CUBIC);
  return fine;
}

/// The outline of a layer: a blob, an ellipse, a polygon, bars or a grid (fences are where interpolation
/// fails first).
cv::Mat randomOutline(int side, Random& random) {
  cv::Mat mask = cv::Mat::zeros(side, side, CV_8UC1);
  const auto point = [&](double margin) {
    return cv::Point(static_cast<int>(random.uniform(side * margin, side * (1 - margin))),
                     static_cast<int>(random.uniform(side * margin, side * (1 - margin))));
  };
  switch (random.integer(0, 4)) {
    case 0: {
      cv::Mat noise = smoothNoise(side, static_cast<int>(random.integer(2, 6)), random);
      mask = noise > random.uniform(0.5, 0.7);
      break;
    }
    case 1:
      cv::ellipse(mask, point(0.2),
                  cv::Size(static_cast<int>(logUniform(6, side / 2.5, random)),
                           static_cast<int>(logUniform(6, side / 2.5, random))),
                  random.uniform(0, 180), 0, 360, 255, cv::FILLED, cv::LINE_AA);
      break;
    case 2: {
      std::vector<cv::Point> corners(static_cast<std::size_t>(random.integer(3, 7)));
      for (auto& corner : corners) corner = point(0.1);
      cv::fillPoly(mask, std::vector<std::vector<cv::Point>>{corners}, 255, cv::LINE_AA);
      break;
    }
    case 3:
      for (auto bars = random.integer(1, 4); bars > 0; --bars)
        cv::line(mask, point(0), point(0), 255, static_cast<int>(logUniform(1.5, 16, random)), cv::LINE_AA);
      break;
    default: {
      const int gap = static_cast<int>(random.integer(10, 36)),
                width = static_cast<int>(random.integer(2, 6));
      const bool both = random.chance(0.5);
      for (int at = 0; at < side; at += gap) {
        cv::line(mask, {at, 0}, {at, side}, 255, width);
        if (both) cv::line(mask, {0, at}, {side, at}, 255, width);
      }
      break;
    }
  }
  cv::GaussianBlur(mask, mask, cv::Size(0, 0), random.uniform(0.5, 1.2));
  return mask;
}

cv::Mat rendered(const cv::Mat& texture, const Movement& movement, double time, int side, int border) {
  cv::Mat out;
  cv::warpAffine(texture, out, movement.at(time), cv::Size(side, side),
                 cv::INTER_CUBIC | cv::WARP_INVERSE_MAP, border);
  return out;
}

void paintOver(cv::Mat& canvas, const cv::Mat& layer, const cv::Mat& mask) {
  for (int y = 0; y < canvas.rows; ++y) {
    auto* c = canvas.ptr<cv::Vec3b>(y);
    const auto* l = layer.ptr<cv::Vec3b>(y);
    const auto* m = mask.ptr<uchar>(y);
    for (int x = 0; x < canvas.cols; ++x)
      if (m[x])
        for (int k = 0; k < 3; ++k)
          c[x][k] = static_cast<uchar>((c[x][k] * (255 - m[x]) + l[x][k] * m[x] + 127) / 255);
  }
}

}  // namespace

BetweenSample layeredMotion(std::span<const cv::Mat> photos, int side, Random& random) {
  struct Layer {
    cv::Mat texture, outline;
    Movement movement, outlineMovement;
  };
  const auto anyPhoto = [&]() -> const cv::Mat& {
    return photos[static_cast<std::size_t>(random.integer(0, static_cast<int64_t>(photos.size()) - 1))];
  };
  std::vector<Layer> layers(static_cast<std::size_t>(random.integer(1, 4)));
  const double fastest = random.chance(0.3) ? 8.0 : 60.0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    auto& layer = layers[i];
    layer.texture = anyPhoto();
    layer.movement = randomMovement(layer.texture.size(), side, i == 0 ? 0.6 * fastest : fastest, random);
    if (i == 0) continue;
    layer.outline = randomOutline(side, random);
    layer.outlineMovement = layer.movement;  // moves like its texture, drawn at the canvas's own scale
    layer.outlineMovement.anchor = layer.movement.centre;
    layer.outlineMovement.angle = 0.0;
    layer.outlineMovement.zoom = 1.0;
  }
  const double time = random.chance(0.5) ? 0.5 : static_cast<double>(random.integer(1, 7)) / 8.0;
  const auto frameAt = [&](double t) {
    cv::Mat canvas;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const cv::Mat picture =
          rendered(layers[i].texture, layers[i].movement, t, side, cv::BORDER_REFLECT_101);
      if (i == 0)
        canvas = picture;
      else
        paintOver(canvas, picture,
                  rendered(layers[i].outline, layers[i].outlineMovement, t, side, cv::BORDER_CONSTANT));
    }
    return canvas;
  };
  BetweenSample sample{frameAt(0.0), frameAt(time), frameAt(1.0), time};
  sample.before = frameAt(-1.0);
  sample.after = frameAt(2.0);
  return sample;
}

BetweenSample layeredMiddle(std::span<const cv::Mat> photos, int side, Random& random) {
  auto sample = layeredMotion(photos, side, random);
  while (sample.time != 0.5) sample = layeredMotion(photos, side, random);
  return sample;
}

cv::Mat inventedPhoto(int side, Random& random) {
  cv::Mat picture(side, side, CV_32FC3,
                  cv::Scalar(random.uniform(0.2, 0.6), random.uniform(0.2, 0.6), random.uniform(0.2, 0.6)));
  for (int cells = 3; cells < side / 2; cells *= 2) {
    const double amplitude = 0.5 * std::pow(3.0 / cells, 0.6);
    std::vector<cv::Mat> planes(3);
    const cv::Mat shared = smoothNoise(side, cells, random) - 0.5;
    for (auto& plane : planes)
      plane = amplitude * (0.7 * shared + 0.3 * (smoothNoise(side, cells, random) - 0.5));
    cv::Mat octave;
    cv::merge(planes, octave);
    picture += octave;
  }
  for (auto shapes = random.integer(4, 14); shapes > 0; --shapes) {
    const cv::Mat outline = randomOutline(side, random);
    const cv::Scalar colour(random.uniform(), random.uniform(), random.uniform());
    const double shade = random.uniform(0.3, 1.0);
    cv::Mat tinted = picture * (1.0 - shade) + colour * shade;
    tinted.copyTo(picture, outline > 127);
  }
  cv::Mat bytes;
  picture.convertTo(bytes, CV_8UC3, 255.0);
  return bytes;
}

}  // namespace fw
