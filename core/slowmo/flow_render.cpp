#include "core/slowmo/flow_render.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/image/views.h"
#include "core/slowmo/layers.h"

namespace fw {
namespace {

cv::Mat enlarged(const cv::Mat& map, cv::Size size) {
  cv::Mat full;
  cv::resize(map, full, size, 0, 0, cv::INTER_LINEAR);
  return full;
}

}  // namespace

void requirePair(const FramePair& pair) {
  const bool known = pair.first.type() == CV_8UC3 || pair.first.type() == CV_16UC3;
  if (pair.first.empty() || pair.second.empty() || !known || pair.first.type() != pair.second.type() ||
      pair.first.size() != pair.second.size())
    throw Error("No frame can be made between these two pictures", "",
                "Both must have the same size and be 8- or 16-bit colour.");
  constexpr int kLargestSide = 32000;  // OpenCV addresses pixels with 16 bits
  if (std::max(pair.first.cols, pair.first.rows) > kLargestSide)
    throw Error("These pictures are too large",
                std::to_string(pair.first.cols) + "×" + std::to_string(pair.first.rows),
                "No side may be longer than 32000 pixels: scale the video down.");
  for (const Neighbour* beside : {&pair.before, &pair.after})
    if (!beside->frame.empty() && (beside->frame.type() != pair.first.type() ||
                                   beside->frame.size() != pair.first.size() || !(beside->distance > 0)))
      throw Error("The pictures beside this pair do not belong to it", "",
                  "They must have the pair's size and depth, and a distance above zero.");
}

void requireBetween(double time) {
  if (!(time > 0 && time < 1))
    throw Error("A frame can only be made between two frames", "time " + std::to_string(time),
                "Ask for a time above 0 and below 1.");
}

cv::Mat photometricAgreement(const cv::Mat& a, const cv::Mat& b) {
  constexpr double kDistance = 24;  // grey levels at which belief has fallen to 1/e
  cv::Mat difference, grey, agreement;
  cv::absdiff(a, b, difference);
  cv::cvtColor(to8Bit(difference), grey, cv::COLOR_BGR2GRAY);
  cv::blur(grey, grey, {5, 5});
  cv::Mat belief(1, 256, CV_8U);
  for (int i = 0; i < 256; ++i)
    belief.at<uchar>(0, i) = cv::saturate_cast<uchar>(255 * std::exp(-i / kDistance));
  cv::LUT(grey, belief, agreement);
  return agreement;
}

RimmedPair::RimmedPair(const FramePair& pair, const std::optional<RimmedPair>& before)
    : first(before && sameFrame(before->second.source, pair.first) ? before->second
                                                                   : RimmedFrame(pair.first)),
      second(pair.second) {}

BetweenFrame renderBetween(const RimmedPair& pair, const MotionAtTime& motion, double time, bool sharp) {
  const RimmedFrame &first = pair.first, &second = pair.second;
  const cv::Size size = first.source.size();
  const std::vector<Layer> layers = layersOf(motion, time, size);
  BetweenFrame frame{.image = cv::Mat(size, first.source.type()), .confidence = {}};
  RenderRow* render = rowRenderer(frame.image.depth(), sharp);
  const bool countable = first.whole.total() * first.whole.elemSize() <= std::numeric_limits<int>::max();
  if (RenderRow* const fast = fastRowRenderer(sharp); fast && countable && frame.image.depth() == CV_8U)
    render = fast;
  cv::parallel_for_({0, size.height}, [&](const cv::Range& rows) {
    LayerRows layerRows(layers, size);
    for (int y = rows.start; y < rows.end; ++y)
      render(first, second, layerRows.at(y), static_cast<float>(time), y, frame.image);
  });
  cv::Mat belief;
  motion.confidence.convertTo(belief, CV_8U, 255);
  frame.confidence = enlarged(belief, size);
  return frame;
}

Explanation explainBetween(const FramePair& pair, const MotionAtTime& motion, double time) {
  const cv::Size size = pair.first.size();
  const cv::Size small = motion.confidence.size();
  const cv::Scalar scale(static_cast<double>(size.width) / small.width,
                         static_cast<double>(size.height) / small.height);
  const Hypothesis& likeliest = motion.hypotheses.front();
  const cv::Mat bend = likeliest.bend.empty() ? cv::Mat::zeros(small, CV_32FC2) : likeliest.bend;
  cv::Mat firstShare = cv::Mat::zeros(small, CV_32F), secondShare = firstShare.clone();
  for (const Hypothesis& guess : motion.hypotheses) {
    firstShare += guess.firstShare;
    secondShare += guess.secondShare;
  }
  Explanation shown;
  const auto way = [&](double part, cv::Mat& flow) {
    cv::multiply(enlarged(part * likeliest.motion + bend, size), scale, flow);
  };
  way(-time, shown.flowToFirst);
  way(1 - time, shown.flowToSecond);
  shown.occlusion = enlarged(secondShare / (firstShare + secondShare), size);
  shown.warpedFirst = movedBy(pair.first, shown.flowToFirst, 1);
  shown.warpedSecond = movedBy(pair.second, shown.flowToSecond, 1);
  return shown;
}

}  // namespace fw
