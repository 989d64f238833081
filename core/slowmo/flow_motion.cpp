#include "core/slowmo/flow_motion.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

#include "core/image/views.h"

namespace fw {
namespace {

// DIS builds a pyramid of 8×8 patches and fails on pictures smaller than a few of them.
constexpr int kSmallestSide = 32;

cv::Size reducedSize(cv::Size full, const MotionOptions& options) {
  double scale =
      std::min(options.scale, options.longestSide / static_cast<double>(std::max(full.width, full.height)));
  // Small pictures are not reduced: half of 256×256 loses what moves.
  const double side = std::min(full.width, full.height);
  scale = std::min(1.0, std::max(scale, kSmallestSide / side));
  return {std::max(1, static_cast<int>(std::lround(full.width * scale))),
          std::max(1, static_cast<int>(std::lround(full.height * scale)))};
}

cv::Mat reducedGrey(const cv::Mat& frame, cv::Size size) {
  cv::Mat grey = frame;
  if (size != frame.size()) cv::resize(frame, grey, size, 0, 0, cv::INTER_AREA);
  if (grey.channels() == 3) cv::cvtColor(grey, grey, cv::COLOR_BGR2GRAY);
  return to8Bit(grey);
}

cv::Mat flow(const cv::Mat& from, const cv::Mat& to, const MotionOptions& options) {
  const auto dis = cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM);
  dis->setFinestScale(options.finestScale);
  dis->setPatchStride(options.patchStride);
  dis->setGradientDescentIterations(options.descentIterations);
  dis->setVariationalRefinementIterations(options.refinementIterations);
  cv::Mat field;
  dis->calc(from, to, field);
  cv::patchNaNs(field, 0);
  return field;
}

}  // namespace

TwoWayMotion estimateMotion(const FramePair& pair, const MotionOptions& options) {
  const cv::Size size = reducedSize(pair.first.size(), options);
  TwoWayMotion motion{reducedGrey(pair.first, size), reducedGrey(pair.second, size), {}, {}};

  // DIS needs room for its patches: tiny pictures get a border of repeated pixels, which is cut off again.
  const int right = std::max(0, kSmallestSide - size.width), below = std::max(0, kSmallestSide - size.height);
  cv::Mat first = motion.first, second = motion.second;
  if (right > 0 || below > 0) {
    cv::copyMakeBorder(first, first, 0, below, 0, right, cv::BORDER_REPLICATE);
    cv::copyMakeBorder(second, second, 0, below, 0, right, cv::BORDER_REPLICATE);
  }
  const auto policy = options.twoThreads ? std::launch::async : std::launch::deferred;
  auto forward = std::async(policy, flow, std::cref(first), std::cref(second), std::cref(options));
  const cv::Rect inside({0, 0}, size);
  motion.backward = flow(second, first, options)(inside).clone();
  motion.forward = forward.get()(inside).clone();
  return motion;
}

}  // namespace fw
