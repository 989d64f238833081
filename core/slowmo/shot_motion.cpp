#include "core/slowmo/shot_motion.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace fw {
namespace {

using Vector = cv::Vec2f;

constexpr std::size_t kPairsKept = 4;  // the one asked for, its neighbours and what the next one adds

// A pixel that the other frame does not show goes on as it came.
void goOn(const MotionBeyond& beyond, cv::Mat& motion, cv::Mat& trust) {
  constexpr float kLost = 0.05F, kKnown = 0.2F, kBelief = 0.1F;
  if (beyond.motion.empty()) return;
  motion = motion.clone();  // the pair's own is kept as it was found
  trust = trust.clone();
  const auto perPair = static_cast<float>(1 / beyond.distance);
  for (int y = 0; y < motion.rows; ++y) {
    const auto* came = beyond.motion.ptr<Vector>(y);
    const auto* known = beyond.trust.ptr<float>(y);
    auto* goes = motion.ptr<Vector>(y);
    auto* sure = trust.ptr<float>(y);
    for (int x = 0; x < motion.cols; ++x) {
      if (sure[x] >= kLost || known[x] <= kKnown) continue;
      goes[x] = -perPair * came[x];
      sure[x] = kBelief * known[x];
    }
  }
}

// The sum of weight × (x, y, 1) for what pixels of one frame accelerate by in the time between the pair.
void addAcceleration(const cv::Mat& motion, const cv::Mat& trust, const MotionBeyond& beyond,
                     const cv::Mat& places, float part, cv::Mat& sum) {
  if (beyond.motion.empty()) return;
  const auto distance = static_cast<float>(beyond.distance);
  const float factor = 2 / (1 + distance), perPair = 1 / distance;
  cv::Mat load(motion.size(), CV_32FC3);
  for (int y = 0; y < load.rows; ++y) {
    const auto *goes = motion.ptr<Vector>(y), *came = beyond.motion.ptr<Vector>(y);
    const auto *sure = trust.ptr<float>(y), *known = beyond.trust.ptr<float>(y);
    auto* out = load.ptr<cv::Vec3f>(y);
    for (int x = 0; x < load.cols; ++x) {
      const float weight = sure[x] * known[x];
      const Vector change = (weight * factor) * (goes[x] + perPair * came[x]);
      out[x] = {change[0], change[1], weight};
    }
  }
  sum += movedBy(load, places, part);
}

}  // namespace

const TwoWayMotion& ShotMotion::between(const cv::Mat& first, const cv::Mat& second) {
  const auto known = std::ranges::find_if(found_, [&](const Found& found) {
    return sameFrame(found.first, first) && sameFrame(found.second, second);
  });
  if (known != found_.end()) return known->motion;
  if (found_.size() == kPairsKept) found_.pop_front();
  return found_.emplace_back(first, second, search_.between(first, second)).motion;
}

TwoWayMotion ShotMotion::of(const FramePair& pair) {
  const std::scoped_lock one(asked_);
  if (!samePair(pair, pair_)) {
    motion_ = allOf(pair);
    pair_ = pair;
  }
  return motion_;
}

TwoWayMotion ShotMotion::allOf(const FramePair& pair) {
  MotionBeyond before;
  if (!pair.before.frame.empty()) {
    const TwoWayMotion& earlier = between(pair.before.frame, pair.first);
    before = {earlier.backward, earlier.trustSecond, pair.before.distance};
  }
  const bool alone = pair.before.frame.empty() && pair.after.frame.empty();
  TwoWayMotion motion = between(pair.first, pair.second);
  if (again_ == Again::Always || (again_ == Again::OfPairsAlone && alone))
    motion.again = search_.again(pair.first, pair.second);
  motion.beforeFirst = before;
  if (!pair.after.frame.empty()) {
    const TwoWayMotion& later = between(pair.second, pair.after.frame);
    motion.afterSecond = {later.forward, later.trustFirst, pair.after.distance};
  }
  goOn(motion.beforeFirst, motion.forward, motion.trustFirst);
  goOn(motion.afterSecond, motion.backward, motion.trustSecond);
  return motion;
}

TwoWayMotion goingOn(const TwoWayMotion& pair) {
  TwoWayMotion on = pair;
  on.beforeFirst = on.afterSecond = {};
  const auto turn = [](const MotionBeyond& beyond, cv::Mat& motion, cv::Mat& trust) {
    if (beyond.motion.empty()) return;
    motion = cv::Mat(beyond.motion * (-1 / beyond.distance));  // new memory: the pair's own is shared
    trust = beyond.trust;
  };
  turn(pair.beforeFirst, on.forward, on.trustFirst);
  turn(pair.afterSecond, on.backward, on.trustSecond);
  return on;
}

cv::Mat bendAt(const TwoWayMotion& pair, const cv::Mat& motion, double time) {
  constexpr double kNeighbourhood = 3;
  constexpr float kDoubt = 0.03F;  // what is hardly known hardly bends
  if (pair.beforeFirst.motion.empty() && pair.afterSecond.motion.empty()) return {};
  const auto t = static_cast<float>(time);
  cv::Mat sum = cv::Mat::zeros(motion.size(), CV_32FC3);
  addAcceleration(pair.forward, pair.trustFirst, pair.beforeFirst, motion, -t, sum);
  addAcceleration(pair.backward, pair.trustSecond, pair.afterSecond, motion, 1 - t, sum);
  cv::GaussianBlur(sum, sum, {}, kNeighbourhood);
  const float part = t * (1 - t) / 2;
  cv::Mat bend(motion.size(), CV_32FC2);
  for (int y = 0; y < bend.rows; ++y) {
    const auto* in = sum.ptr<cv::Vec3f>(y);
    auto* out = bend.ptr<Vector>(y);
    for (int x = 0; x < bend.cols; ++x) {
      const float norm = part / (in[x][2] + kDoubt);
      out[x] = {in[x][0] * norm, in[x][1] * norm};
    }
  }
  return bend;
}

}  // namespace fw
