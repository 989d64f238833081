#include "core/data/grid_patterns.h"

#include <cmath>
#include <numbers>

namespace fw {
namespace {

constexpr int kLargestSpacing = 12;

void addGrids(std::vector<GridPattern>& patterns) {
  for (int spacing = 2; spacing <= kLargestSpacing; ++spacing)
    for (int width = 1; width <= std::min(3, spacing - 1); ++width)
      for (int x = 0; x < spacing; ++x)
        for (int y = 0; y < spacing; ++y) patterns.push_back({GridFamily::Grid, spacing, width, x, y, 0});
}

void addOthers(std::vector<GridPattern>& patterns) {
  for (int spacing = 2; spacing <= kLargestSpacing; ++spacing) {
    for (int width = 1; width < spacing; ++width)
      for (int phase = 0; phase < spacing; ++phase) {
        patterns.push_back({GridFamily::Stripes, spacing, width, phase, 0, 0});
        patterns.push_back({GridFamily::Stripes, spacing, width, 0, phase, 90});
      }
    for (int x = 0; x < 2 * spacing; ++x)  // both by a whole square is the same checker again
      for (int y = 0; y < spacing; ++y) patterns.push_back({GridFamily::Checker, spacing, 1, x, y, 0});
  }
  for (int spacing = 6; spacing <= kLargestSpacing; spacing += 2)
    for (int width = 2; width <= 3; ++width)
      for (int angle = 15; angle < 90; angle += 15)
        for (int x = 0; x < spacing; x += 2)
          for (int y = 0; y < spacing; y += 2)
            patterns.push_back({GridFamily::AngledGrid, spacing, width, x, y, angle});
}

bool onLine(double position, int spacing, int width) {
  const double within = position - spacing * std::floor(position / spacing);
  return within < width;
}

}  // namespace

std::vector<GridPattern> gridPatterns(GridSet set) {
  std::vector<GridPattern> patterns;
  if (set == GridSet::Original) {
    for (int spacing = 2; spacing <= 5; ++spacing)
      for (int x = 0; x < std::min(3, spacing); ++x)
        for (int y = 0; y < std::min(3, spacing); ++y)
          patterns.push_back({GridFamily::Grid, spacing, 1, x, y, 0});
    return patterns;
  }
  addGrids(patterns);
  if (set == GridSet::All) addOthers(patterns);
  return patterns;
}

std::string toText(const GridPattern& pattern) {
  const auto every = " every " + std::to_string(pattern.spacing);
  switch (pattern.family) {
    case GridFamily::Grid:
      return "grid" + every + ", lines of " + std::to_string(pattern.width);
    case GridFamily::Stripes:
      return (pattern.angle == 0 ? "upright stripes" : "level stripes") + every + ", " +
             std::to_string(pattern.width) + " wide";
    case GridFamily::Checker:
      return "checker of " + std::to_string(pattern.spacing);
    case GridFamily::AngledGrid:
      return "grid" + every + " at " + std::to_string(pattern.angle) + "°";
  }
  return {};
}

cv::Mat drawGrid(const GridPattern& pattern, int side) {
  const double radians = pattern.angle * std::numbers::pi / 180;
  const double c = std::cos(radians), s = std::sin(radians);
  cv::Mat picture(side, side, CV_8UC1);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      bool black = false;
      switch (pattern.family) {
        case GridFamily::Grid:
          black = (x + pattern.phaseX) % pattern.spacing < pattern.width ||
                  (y + pattern.phaseY) % pattern.spacing < pattern.width;
          break;
        case GridFamily::Stripes:
          black = (pattern.angle == 0 ? x + pattern.phaseX : y + pattern.phaseY) % pattern.spacing <
                  pattern.width;
          break;
        case GridFamily::Checker:
          black = ((x + pattern.phaseX) / pattern.spacing + (y + pattern.phaseY) / pattern.spacing) % 2 == 1;
          break;
        case GridFamily::AngledGrid:
          black = onLine(x * c + y * s + pattern.phaseX, pattern.spacing, pattern.width) ||
                  onLine(y * c - x * s + pattern.phaseY, pattern.spacing, pattern.width);
          break;
      }
      picture.at<uchar>(y, x) = black ? 0 : 255;
    }
  return picture;
}

}  // namespace fw
