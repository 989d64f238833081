#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "core/data/labelled_pictures.h"

namespace fw {
namespace {

constexpr uint64_t kTrainingSeed = 11, kTestSeed = 12;  // the same pictures whatever the run's seed

using Draw = cv::Mat (*)(int64_t label, Random& random);

LabelledPictures drawn(int64_t count, uint64_t seed, int64_t side, int channels, Draw draw) {
  Random random(seed);
  LabelledPictures result{torch::empty({count, channels, side, side}, torch::kByte),
                          torch::empty({count}, torch::kLong)};
  auto* byte = result.pictures.data_ptr<uint8_t>();
  for (int64_t i = 0; i < count; ++i) {
    const int64_t label = random.integer(0, 9);
    result.labels[i] = label;
    std::vector<cv::Mat> planes;
    cv::split(draw(label, random), planes);
    for (const auto& plane : planes) byte = std::copy(plane.begin<uchar>(), plane.end<uchar>(), byte);
  }
  return result;
}

void addNoise(cv::Mat& picture, double deviation, Random& random) {
  cv::Mat noise(picture.rows, picture.cols * picture.channels(), CV_16SC1);
  for (auto value = noise.begin<int16_t>(); value != noise.end<int16_t>(); ++value)
    *value = static_cast<int16_t>(std::lround(deviation * random.normal()));
  noise = noise.reshape(picture.channels());
  cv::add(picture, noise, picture, cv::noArray(), picture.type());
}

cv::Mat digit(int64_t label, Random& random) {
  constexpr int kFine = 112;  // drawn large, then made small: no jagged edges
  static const int fonts[] = {cv::FONT_HERSHEY_SIMPLEX,        cv::FONT_HERSHEY_DUPLEX,
                              cv::FONT_HERSHEY_COMPLEX,        cv::FONT_HERSHEY_TRIPLEX,
                              cv::FONT_HERSHEY_SCRIPT_SIMPLEX, cv::FONT_HERSHEY_SCRIPT_COMPLEX};
  const int font = fonts[random.integer(0, std::ssize(fonts) - 1)];
  const int thickness = static_cast<int>(random.integer(3, 12));
  const auto text = std::to_string(label);
  int baseline = 0;
  const auto size = cv::getTextSize(text, font, 3.0, thickness, &baseline);
  cv::Mat large = cv::Mat::zeros(kFine, kFine, CV_8UC1);
  cv::putText(large, text, {(kFine - size.width) / 2, (kFine + size.height) / 2}, font, 3.0, 255, thickness,
              cv::LINE_AA);
  const double turn = random.uniform(-0.3, 0.3), shear = random.uniform(-0.35, 0.35);
  const double wide = random.uniform(0.75, 1.25), tall = random.uniform(0.8, 1.2);
  const double c = std::cos(turn), s = std::sin(turn), middle = kFine / 2.0;
  const double a = wide * (c - s * shear), b = wide * (shear * c - s), d = tall * s, e = tall * c;
  const double dx = random.uniform(-10, 10), dy = random.uniform(-10, 10);
  const cv::Matx23d place(a, b, middle + dx - a * middle - b * middle, d, e,
                          middle + dy - d * middle - e * middle);
  cv::Mat moved, small;
  cv::warpAffine(large, moved, place, large.size());
  cv::resize(moved, small, {28, 28}, 0, 0, cv::INTER_AREA);
  addNoise(small, random.uniform(0, 12), random);
  return small;
}

std::vector<cv::Point> polygon(int corners, double radius, double turn, double inner = 1.0) {
  std::vector<cv::Point> points;
  const int count = inner < 1 ? 2 * corners : corners;
  for (int i = 0; i < count; ++i) {
    const double angle = turn + 2 * std::numbers::pi * i / count;
    const double r = i % 2 == 1 && inner < 1 ? inner * radius : radius;
    points.emplace_back(static_cast<int>(r * std::cos(angle)), static_cast<int>(r * std::sin(angle)));
  }
  return points;
}

cv::Scalar anyColour(Random& random) {
  return {random.uniform(0, 255), random.uniform(0, 255), random.uniform(0, 255)};
}

cv::Mat shape(int64_t label, Random& random) {
  constexpr int kFine = 128;
  const auto ground = anyColour(random);
  auto ink = anyColour(random);
  while (cv::norm(ink - ground) < 110) ink = anyColour(random);
  cv::Mat picture(kFine, kFine, CV_8UC3, ground);
  const cv::Point centre(static_cast<int>(random.integer(48, 80)), static_cast<int>(random.integer(48, 80)));
  const int radius = static_cast<int>(random.integer(26, 44));
  const double turn = random.uniform(0, 2 * std::numbers::pi);
  const auto fill = [&](std::vector<cv::Point> points) {
    for (auto& point : points) point += centre;
    cv::fillPoly(picture, std::vector<std::vector<cv::Point>>{points}, ink, cv::LINE_AA);
  };
  const auto bar = [&](double angle) {
    const cv::Point along(static_cast<int>(radius * std::cos(angle)),
                          static_cast<int>(radius * std::sin(angle)));
    cv::line(picture, centre - along, centre + along, ink, radius / 3, cv::LINE_AA);
  };
  switch (label) {
    case 0:
      cv::circle(picture, centre, radius, ink, cv::FILLED, cv::LINE_AA);
      break;
    case 1:
      cv::circle(picture, centre, radius, ink, radius / 4, cv::LINE_AA);
      break;
    case 2:
      fill(polygon(4, radius, turn));
      break;
    case 3:
      fill(polygon(3, radius, turn));
      break;
    case 4:
      fill(polygon(5, radius, turn, 0.45));
      break;
    case 5:
      fill(polygon(6, radius, turn));
      break;
    case 6:
      bar(turn);
      bar(turn + std::numbers::pi / 2);
      break;
    case 7:
      bar(turn);
      break;
    case 8:
      cv::ellipse(picture, centre, {radius, radius / 2}, turn * 180 / std::numbers::pi, 0, 360, ink,
                  cv::FILLED, cv::LINE_AA);
      break;
    default:
      cv::ellipse(picture, centre, {radius, radius}, turn * 180 / std::numbers::pi, 0, 180, ink, cv::FILLED,
                  cv::LINE_AA);
      break;
  }
  cv::Mat small;
  cv::resize(picture, small, {32, 32}, 0, 0, cv::INTER_AREA);
  addNoise(small, random.uniform(2, 16), random);
  return small;
}

}  // namespace

LabelledData drawnDigits(int64_t training, int64_t test) {
  return {"drawn digits",
          {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
          drawn(training, kTrainingSeed, 28, 1, digit),
          drawn(test, kTestSeed, 28, 1, digit)};
}

LabelledData drawnShapes(int64_t training, int64_t test) {
  return {"drawn shapes",
          {"disc", "ring", "square", "triangle", "star", "hexagon", "cross", "bar", "ellipse", "half disc"},
          drawn(training, kTrainingSeed, 32, 3, shape),
          drawn(test, kTestSeed, 32, 3, shape)};
}

}  // namespace fw
