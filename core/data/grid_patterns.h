#pragma once
#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace fw {

enum class GridFamily { Grid, Stripes, Checker, AngledGrid };

/// A black-on-white pattern that goes on for ever; everything in whole pixels and degrees.
struct GridPattern {
  GridFamily family = GridFamily::Grid;
  int spacing = 4, width = 1, phaseX = 0, phaseY = 0, angle = 0;
  bool operator==(const GridPattern&) const = default;
};

/// Which patterns there are. No two look the same.
enum class GridSet {
  Original,  ///< the 31 grids the original drew its thousand pictures from: spacing 2–5, offsets 0–2, lines
             ///< of one pixel
  Grids,  ///< spacing 2–12, every phase, lines of one to three pixels
  All     ///< also stripes, checkers and grids at an angle
};
std::vector<GridPattern> gridPatterns(GridSet set);

/// "grid, every 5 pixels, lines of 2"
std::string toText(const GridPattern& pattern);

/// A square picture of it, CV_8UC1: 0 on the lines, 255 between.
cv::Mat drawGrid(const GridPattern& pattern, int side);

}  // namespace fw
