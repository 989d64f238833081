#pragma once
#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace fw {

/// What one layer, or the rectifier behind it, made of an example: its numbers, its pictures, and what is
/// wrong with it. Free of LibTorch.
struct LayerMeter {
  std::string module;  ///< "network"
  std::string name;    ///< "down0.2"; of a rectifier: "after down0.2"
  std::string kind;    ///< "Conv2d"
  std::string shape;   ///< "64 × 13 × 13", of one sample
  double mean = 0, variance = 0, smallest = 0, largest = 0;
  int64_t units = 0;               ///< channels, or numbers of a dense layer
  double silentShare = 0;          ///< of the values that are exactly 0
  double deadUnits = -1;           ///< share of the units that are 0 everywhere; -1: it is no rectifier
  double saturatedShare = -1;      ///< of the values within a hundredth of an end; -1: it has no ends
  double weights = -1;             ///< root mean square of its weights; -1: it has none
  double gradient = -1;            ///< likewise of their gradient in the last step; -1: not known
  std::vector<int64_t> histogram;  ///< of its values, in equal steps from smallest to largest
  cv::Mat mosaic;       ///< its first maps side by side, smallest black, largest white; may be empty
  std::string warning;  ///< in words; empty when all is well
};

}  // namespace fw
