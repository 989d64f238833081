#include "core/slowmo/flow_motion.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/base/both_ways.h"
#include "core/base/fast_loop.h"
#include "core/image/sizes.h"
#include "core/image/views.h"

namespace fw {
namespace {

// Motion is looked for by patches of 8×8 pixels: a few of them must find room.
constexpr int kSmallestSide = 32;

cv::Size reducedSize(cv::Size full, const MotionOptions& options) {
  const double longest = std::max(full.width, full.height), shortest = std::min(full.width, full.height);
  double scale = std::max(options.longestSide / longest, options.smallestScale);
  scale = std::min(scale, options.largestSide / longest);
  scale = std::min(1.0, std::max(scale, kSmallestSide / shortest));
  return {std::max(1, static_cast<int>(std::lround(full.width * scale))),
          std::max(1, static_cast<int>(std::lround(full.height * scale)))};
}

// Looking twice at the same size would find little that is new: small frames are enlarged, so that patches
// cover less of them.
cv::Size sizeForAgain(cv::Size full, cv::Size reduced) {
  constexpr double kLongestSide = 960, kLargestScale = 1.5;
  const double scale = std::min(kLargestScale, kLongestSide / std::max(full.width, full.height));
  const cv::Size near(static_cast<int>(std::lround(full.width * scale)),
                      static_cast<int>(std::lround(full.height * scale)));
  return near.width > reduced.width ? near : reduced;
}

cv::Mat reducedGrey(const cv::Mat& frame, cv::Size size) {
  cv::Mat grey, enlarged;
  cv::cvtColor(frame, grey, cv::COLOR_BGR2GRAY);
  if (size == frame.size()) return to8Bit(grey);
  if (size.width < grey.cols) return to8Bit(shrunk(grey, size));
  cv::resize(grey, enlarged, size, 0, 0, cv::INTER_CUBIC);
  return to8Bit(enlarged);
}

FW_FAST_LOOP void trustRow(const float* there, const float* back, const uchar* before, const uchar* after,
                           int width, float* power) {
  constexpr float kGreyLevels = 20;
  for (int x = 0; x < width; ++x) {
    const float dx = there[2 * x] + back[2 * x], dy = there[2 * x + 1] + back[2 * x + 1];
    const auto difference = static_cast<float>(std::abs(before[x] - after[x]));
    power[x] = -std::sqrt(dx * dx + dy * dy) - difference / kGreyLevels;
  }
}

// e^(−distance − difference/20): how far a pixel that goes there and back ends from where it started, and how
// much its look changes on the way.
cv::Mat trust(const cv::Mat& there, const cv::Mat& back, const cv::Mat& from, const cv::Mat& to) {
  const cv::Mat returning = movedBy(back, there, 1), found = movedBy(to, there, 1);
  cv::Mat weight(there.size(), CV_32F);
  for (int y = 0; y < there.rows; ++y)
    trustRow(there.ptr<float>(y), returning.ptr<float>(y), from.ptr<uchar>(y), found.ptr<uchar>(y),
             there.cols, weight.ptr<float>(y));
  cv::exp(weight, weight);
  return weight;
}

// Motion as pictures of another size have it.
cv::Mat atSize(const cv::Mat& motion, cv::Size size) {
  if (motion.size() == size) return motion.clone();
  cv::Mat resized;
  cv::resize(motion, resized, size, 0, 0, cv::INTER_AREA);
  cv::multiply(resized,
               cv::Scalar(static_cast<double>(size.width) / motion.cols,
                          static_cast<double>(size.height) / motion.rows),
               resized);
  return resized;
}

}  // namespace

bool samePair(const FramePair& a, const FramePair& b) {
  const auto sameNeighbour = [](const Neighbour& one, const Neighbour& other) {
    return sameFrame(one.frame, other.frame) && one.distance == other.distance;
  };
  return sameFrame(a.first, b.first) && sameFrame(a.second, b.second) && sameNeighbour(a.before, b.before) &&
         sameNeighbour(a.after, b.after);
}

cv::Mat placesOf(const cv::Mat& motion, float factor) {
  cv::Mat places(motion.size(), CV_32FC2);
  for (int y = 0; y < motion.rows; ++y) {
    const auto* in = motion.ptr<cv::Vec2f>(y);
    auto* out = places.ptr<cv::Vec2f>(y);
    for (int x = 0; x < motion.cols; ++x)
      out[x] = {static_cast<float>(x) + factor * in[x][0], static_cast<float>(y) + factor * in[x][1]};
  }
  return places;
}

cv::Mat readAt(const cv::Mat& picture, const cv::Mat& places) {
  cv::Mat seen;
  cv::remap(picture, seen, places, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  return seen;
}

cv::Mat movedBy(const cv::Mat& picture, const cv::Mat& motion, float factor) {
  return readAt(picture, placesOf(motion, factor));
}

MotionOptions motionOptions(const std::string& quality) {
  if (quality == "fast") return {.longestSide = 240, .smallestScale = 0.15};
  if (quality == "best") return {.longestSide = 480, .smallestScale = 0.4};
  return {};
}

void MotionSearch::prepare(const cv::Mat& first, const cv::Mat& second, cv::Size size,
                           PreparedPair& known) const {
  const auto prepared = [&](const cv::Mat& frame) {
    const cv::Mat reduced = reducedGrey(frame, size);
    // Tiny pictures get a rim of repeated pixels for the patches, which is cut off again.
    const int right = std::max(0, kSmallestSide - size.width),
              below = std::max(0, kSmallestSide - size.height);
    cv::Mat padded = reduced;
    if (right > 0 || below > 0) cv::copyMakeBorder(reduced, padded, 0, below, 0, right, cv::BORDER_REPLICATE);
    return std::make_shared<Prepared>(Prepared{frame, reduced, PatchPicture(padded)});
  };
  const auto find = [&](const cv::Mat& frame) -> std::shared_ptr<const Prepared> {
    for (const auto& one : {known.first, known.second})
      if (one && sameFrame(one->frame, frame)) return one;
    return nullptr;
  };
  PreparedPair pair{find(first), find(second)};
  bothWays(
      options_.twoThreads && !pair.first && !pair.second,
      [&] {
        if (!pair.first) pair.first = prepared(first);
      },
      [&] {
        if (!pair.second) pair.second = prepared(second);
      });
  known = pair;
}

TwoWayMotion MotionSearch::between(const cv::Mat& first, const cv::Mat& second) {
  prepare(first, second, reducedSize(first.size(), options_), reduced_);
  return {found(reduced_, Scan::FromLeft), reduced_.first->reduced, reduced_.second->reduced};
}

FoundMotion MotionSearch::again(const cv::Mat& first, const cv::Mat& second) {
  const cv::Size size = reducedSize(first.size(), options_), near = sizeForAgain(first.size(), size);
  prepare(first, second, size, reduced_);
  if (near == size) return found(reduced_, Scan::FromRight);
  prepare(first, second, near, near_);
  return found(near_, Scan::FromRight);
}

FoundMotion MotionSearch::found(const PreparedPair& pair, Scan scan) const {
  const cv::Mat &first = reduced_.first->reduced, &second = reduced_.second->reduced;
  const PatchFlow flow = patchFlow(pair.first->picture, pair.second->picture, scan, options_.twoThreads);
  const cv::Rect inside({0, 0}, pair.first->reduced.size());
  FoundMotion found{
      atSize(flow.forward(inside), first.size()), atSize(flow.backward(inside), first.size()), {}, {}};
  bothWays(
      options_.twoThreads, [&] { found.trustFirst = trust(found.forward, found.backward, first, second); },
      [&] { found.trustSecond = trust(found.backward, found.forward, second, first); });
  return found;
}

TwoWayMotion estimateMotion(const FramePair& pair, const MotionOptions& options) {
  return MotionSearch(options).between(pair.first, pair.second);
}

}  // namespace fw
