#include "core/experiments/classifier_pictures.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <opencv2/imgproc.hpp>

namespace fw {
namespace {

const cv::Scalar kBlack(0, 0, 0), kGray(150, 150, 150), kWhite(255, 255, 255);
const cv::Scalar kColours[] = {{180, 90, 20}, {30, 110, 220}, {60, 150, 60}, {150, 60, 150}};

constexpr int kMargin = 84;  // of the confusion matrix, for the names of the classes

int cellSize(std::size_t classes) { return classes <= 12 ? 44 : 22; }

void write(cv::Mat& picture, const std::string& text, cv::Point at, const cv::Scalar& colour,
           double size = 0.4) {
  cv::putText(picture, text, at, cv::FONT_HERSHEY_SIMPLEX, size, colour, 1, cv::LINE_AA);
}

}  // namespace

GalleryFrame confusionPicture(const torch::Tensor& confusion, const std::vector<std::string>& classes) {
  const int count = static_cast<int>(classes.size()), cell = cellSize(classes.size()), margin = kMargin;
  cv::Mat picture(margin + count * cell, margin + count * cell, CV_8UC3, kWhite);
  const auto share = (confusion / confusion.sum(1, true).clamp_min(1)).to(torch::kDouble).contiguous();
  for (int row = 0; row < count; ++row) {
    const auto name = classes[static_cast<std::size_t>(row)].substr(0, 9);
    write(picture, name, {4, margin + row * cell + cell / 2 + 5}, kBlack);
    write(picture, name.substr(0, static_cast<std::size_t>(std::max(1, cell / 9))),
          {margin + row * cell + 4, margin - 8}, kBlack);
    for (int column = 0; column < count; ++column) {
      const double value = share[row][column].item<double>();
      const double shade = 255 * value;
      const cv::Rect square(margin + column * cell, margin + row * cell, cell, cell);
      cv::rectangle(picture, square, cv::Scalar(shade, shade, shade), cv::FILLED);
      cv::rectangle(picture, square, kGray);
      const auto pictures = confusion[row][column].item<int64_t>();
      if (pictures > 0 && cell > 30)
        write(picture, std::to_string(pictures), square.tl() + cv::Point(4, cell / 2 + 5),
              value > 0.5 ? kBlack : kWhite);
    }
  }
  write(picture, "true", {4, margin - 26}, kBlack);
  write(picture, "predicted", {margin, 18}, kBlack);
  return {"confusion: rows true, columns predicted", FrameRole::Other, picture, {}, 0.0, 1.0};
}

std::optional<std::pair<int, int>> confusionCell(cv::Point pixel, std::size_t classes) {
  const cv::Point inside = pixel - cv::Point(kMargin, kMargin);
  const int cell = cellSize(classes), count = static_cast<int>(classes);
  if (inside.x < 0 || inside.y < 0 || inside.x >= count * cell || inside.y >= count * cell) return {};
  return std::pair(inside.y / cell, inside.x / cell);
}

GalleryFrame probabilityBars(const torch::Tensor& probabilities, int64_t truth,
                             const std::vector<std::string>& classes) {
  const int line = 16, width = 220, names = 84;
  cv::Mat picture(line * static_cast<int>(classes.size()), width, CV_8UC3, kWhite);
  for (int i = 0; i < static_cast<int>(classes.size()); ++i) {
    const double p = probabilities[i].item<double>();
    const cv::Rect bar(names, i * line + 2, static_cast<int>(p * 96), line - 4);
    cv::rectangle(picture, bar, i == truth ? kColours[2] : kColours[1], cv::FILLED);
    write(picture, classes[static_cast<std::size_t>(i)].substr(0, 10), {2, i * line + 12},
          i == truth ? kColours[2] : kBlack);
    char percent[16];
    std::snprintf(percent, sizeof percent, "%.0f %%", 100 * p);
    write(picture, percent, {names + 98, i * line + 12}, kBlack, 0.35);
  }
  return {"probabilities (true class green)", FrameRole::Other, picture};
}

GalleryFrame curvesPicture(const std::string& label, const std::map<std::string, std::vector<double>>& curves,
                           const std::string& below, int first, double highest) {
  const int width = 420, height = 240, left = 44, bottom = 48, top = 12, right = 12;
  cv::Mat picture(height, width, CV_8UC3, kWhite);
  std::size_t longest = 2;
  for (const auto& [name, values] : curves) longest = std::max(longest, values.size());
  const auto at = [&](std::size_t i, double value) {
    const double along = static_cast<double>(i) / static_cast<double>(longest - 1);
    return cv::Point(
        left + static_cast<int>((width - left - right) * along),
        height - bottom - static_cast<int>((height - bottom - top) * std::clamp(value / highest, 0.0, 1.0)));
  };
  for (int quarter = 0; quarter <= 4; ++quarter) {
    const double value = highest * quarter / 4;
    cv::line(picture, at(0, value), at(longest - 1, value), {225, 225, 225});
    write(picture, std::to_string(static_cast<int>(value)), {6, at(0, value).y + 4}, kBlack, 0.35);
  }
  for (std::size_t i = 0; i < longest; ++i)
    write(picture, std::to_string(first + static_cast<int>(i)), {at(i, 0).x - 4, height - bottom + 14},
          kBlack, 0.35);
  write(picture, below, {width - 150, height - bottom + 26}, kGray, 0.35);
  std::size_t colour = 0;
  for (const auto& [name, values] : curves) {
    const auto& ink = kColours[colour % std::size(kColours)];
    for (std::size_t i = 0; i + 1 < values.size(); ++i)
      cv::line(picture, at(i, values[i]), at(i + 1, values[i + 1]), ink, 2, cv::LINE_AA);
    write(picture, name, {left + 120 * static_cast<int>(colour), height - 6}, ink);
    ++colour;
  }
  return {label, FrameRole::Other, picture, {}, 0.0, 255.0};
}

GalleryFrame pointsPicture(const std::string& label, const std::vector<std::pair<double, double>>& points,
                           const std::string& along, const std::string& up) {
  const int side = 260, margin = 40;
  cv::Mat picture(side, side, CV_8UC3, kWhite);
  double most = 1;
  for (const auto& [x, y] : points) most = std::max({most, x, y});
  const auto at = [&](double x, double y) {
    const double pixels = side - margin - 12;
    return cv::Point(margin + static_cast<int>(pixels * std::clamp(x / most, 0.0, 1.0)),
                     side - margin - static_cast<int>(pixels * std::clamp(y / most, 0.0, 1.0)));
  };
  cv::line(picture, at(0, 0), at(most, 0), kGray);
  cv::line(picture, at(0, 0), at(0, most), kGray);
  cv::line(picture, at(0, 0), at(most, most), {225, 225, 225}, 1, cv::LINE_AA);  // where all should be
  for (const auto& [x, y] : points) cv::circle(picture, at(x, y), 4, kColours[0], cv::FILLED, cv::LINE_AA);
  write(picture, along + ", to " + std::to_string(std::lround(most)), {margin, side - 12}, kBlack, 0.38);
  write(picture, up, {6, 12}, kBlack, 0.38);
  return {label, FrameRole::Other, picture, {}, 0.0, 255.0};
}

}  // namespace fw
