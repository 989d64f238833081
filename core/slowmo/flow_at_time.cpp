#include "core/slowmo/flow_at_time.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core/hal/hal.hpp>
#include <opencv2/core/hal/intrin.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "core/base/both_ways.h"
#include "core/base/fast_loop.h"
#include "core/slowmo/shot_motion.h"

namespace fw {
namespace {

using Vector = cv::Vec2f;

// Every pixel lands where it is at `time` and leaves its motion there: the sum of weight × (x, y, 1, 0).
// Pixels that are not found again count little, so that what they vanish behind wins, but they fill what
// nothing else claims.
cv::Mat forwardProjection(const cv::Mat& motion, const cv::Mat& trust, float time) {
  constexpr float kLeastTrust = 0.01F;
  const int width = motion.cols, height = motion.rows;
  // A rim takes what lands half outside; the fourth number fills a register.
  cv::Mat sum = cv::Mat::zeros(height + 2, width + 2, CV_32FC4);
  const auto add = [](cv::Vec4f& to, const cv::v_float32x4& load, float part) {
    cv::v_store(to.val, cv::v_muladd(load, cv::v_setall_f32(part), cv::v_load(to.val)));
  };
  for (int y = 0; y < height; ++y) {
    const auto* flow = motion.ptr<Vector>(y);
    const auto* weights = trust.ptr<float>(y);
    for (int x = 0; x < width; ++x) {
      const float toX = static_cast<float>(x + 1) + time * flow[x][0];
      const float toY = static_cast<float>(y + 1) + time * flow[x][1];
      if (!(toX >= 0 && toY >= 0 && toX < static_cast<float>(width + 1) &&
            toY < static_cast<float>(height + 1)))
        continue;
      const int column = static_cast<int>(toX), row = static_cast<int>(toY);
      const float right = toX - static_cast<float>(column), below = toY - static_cast<float>(row);
      const float weight = weights[x] + kLeastTrust;
      const cv::v_float32x4 load(weight * flow[x][0], weight * flow[x][1], weight, 0);
      auto *up = sum.ptr<cv::Vec4f>(row) + column, *down = sum.ptr<cv::Vec4f>(row + 1) + column;
      add(up[0], load, (1 - right) * (1 - below));
      add(up[1], load, right * (1 - below));
      add(down[0], load, (1 - right) * below);
      add(down[1], load, right * below);
    }
  }
  return sum(cv::Rect(1, 1, width, height));
}

// Where nothing landed the surroundings answer, the nearer the more (push-pull over a pyramid).
cv::Mat filled(const cv::Mat& sum) {
  constexpr float kWeightOfSurroundings = 0.02F;
  std::vector<cv::Mat> levels{sum};
  while (std::max(levels.back().cols, levels.back().rows) > 1) {
    cv::Mat half;
    cv::resize(levels.back(), half, {(levels.back().cols + 1) / 2, (levels.back().rows + 1) / 2}, 0, 0,
               cv::INTER_AREA);
    levels.push_back(half);
  }
  cv::Mat field;
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    cv::Mat around = cv::Mat::zeros(level->size(), CV_32FC2);
    if (!field.empty()) cv::resize(field, around, level->size(), 0, 0, cv::INTER_LINEAR);
    field = cv::Mat(level->size(), CV_32FC2);
    for (int y = 0; y < field.rows; ++y) {
      const auto* in = level->ptr<cv::Vec4f>(y);
      const auto* rest = around.ptr<Vector>(y);
      auto* out = field.ptr<Vector>(y);
      for (int x = 0; x < field.cols; ++x) {
        const float norm = 1 / (in[x][2] + kWeightOfSurroundings);
        out[x] = {(in[x][0] + kWeightOfSurroundings * rest[x][0]) * norm,
                  (in[x][1] + kWeightOfSurroundings * rest[x][1]) * norm};
      }
    }
  }
  return field;
}

// One direction's answer for the frame at `time`, and how much both pictures disagree when moved by it (grey
// levels).
struct Candidate {
  cv::Mat motion, disagreement;
};

/// The rim of a picture: what lies beyond it is not known.
struct Rim {
  explicit Rim(cv::Size size)
      : right(static_cast<float>(size.width - 1)), below(static_cast<float>(size.height - 1)) {}
  float right, below;

  FW_INLINE bool beyond(float x, float y) const {
    return (static_cast<int>(x < 0) | static_cast<int>(y < 0) | static_cast<int>(x > right) |
            static_cast<int>(y > below)) != 0;
  }
};

// What lies beyond the rim of one picture speaks neither for nor against.
FW_FAST_LOOP void forgetUnknown(const float* motion, int y, Rim rim, float time, int width, float* levels) {
  constexpr float kUnknown = 8;
  const auto row = static_cast<float>(y);
  for (int x = 0; x < width; ++x) {
    const auto column = static_cast<float>(x);
    const float right = motion[2 * x], down = motion[2 * x + 1];
    const bool beyondFirst = rim.beyond(column - time * right, row - time * down),
               beyondSecond = rim.beyond(column + (1 - time) * right, row + (1 - time) * down);
    levels[x] = beyondFirst || beyondSecond ? kUnknown : levels[x];
  }
}

cv::Mat disagreement(const TwoWayMotion& pair, const cv::Mat& motion, float time) {
  constexpr double kNeighbourhood = 1.5;
  cv::Mat difference;
  cv::absdiff(movedBy(pair.first, motion, -time), movedBy(pair.second, motion, 1 - time), difference);
  difference.convertTo(difference, CV_32F);
  for (int y = 0; y < motion.rows; ++y)
    forgetUnknown(motion.ptr<float>(y), y, Rim(motion.size()), time, motion.cols, difference.ptr<float>(y));
  cv::GaussianBlur(difference, difference, {}, kNeighbourhood);
  return difference;
}

// The share of the second candidate: a half where both explain the pictures alike.
cv::Mat choice(const Candidate& first, const Candidate& second) {
  constexpr float kGreyLevels = 6;
  cv::Mat share;
  cv::exp((second.disagreement - first.disagreement) / kGreyLevels, share);
  return 1 / (1 + share);
}

cv::Mat mixed(const cv::Mat& first, const cv::Mat& second, const cv::Mat& share) {
  cv::Mat mix(first.size(), CV_32FC2);
  for (int y = 0; y < mix.rows; ++y) {
    const auto *a = first.ptr<Vector>(y), *b = second.ptr<Vector>(y);
    const auto* s = share.ptr<float>(y);
    auto* out = mix.ptr<Vector>(y);
    for (int x = 0; x < mix.cols; ++x) out[x] = a[x] + s[x] * (b[x] - a[x]);
  }
  return mix;
}

struct Sight {
  cv::Mat secondWeight;  // of the two frames' shares, what the second one gives
  cv::Mat safeMix;       // how much of the pixel is left to the cross-fade
  cv::Mat confidence;
};

// Of a row: the powers of e that tell how much each frame sees, how little of the cross-fade is needed, and
// how sure all of it is.
FW_FAST_LOOP void powers(const float* motion, const float* forward, const float* backward,
                         const float* levels, int width, float* first, float* second, float* agreement,
                         float* confidence) {
  constexpr float kPixels = 2, kSafeMixLevels = 40;
  constexpr float kSafePixels = 10, kSafeLevels = 25;  // distances at which confidence falls to 1/e
  for (int x = 0; x < width; ++x) {
    const float right = motion[2 * x], down = motion[2 * x + 1];
    const float firstX = right - forward[2 * x], firstY = down - forward[2 * x + 1];
    const float secondX = right + backward[2 * x], secondY = down + backward[2 * x + 1];
    const float awayFirst = std::sqrt(firstX * firstX + firstY * firstY),
                awaySecond = std::sqrt(secondX * secondX + secondY * secondY);
    first[x] = -awayFirst / kPixels;
    second[x] = -awaySecond / kPixels;
    agreement[x] = -levels[x] / kSafeMixLevels;
    confidence[x] = -(awayFirst + awaySecond) / kSafePixels - levels[x] / kSafeLevels;
  }
}

// A frame sees a pixel when its own motion there is the one that brings it here, and when it is not beyond
// its rim.
FW_FAST_LOOP void weigh(const float* motion, const float* first, const float* second, int y, Rim rim,
                        float time, int width, float* secondWeight, float* safeMix) {
  constexpr float kLeastSeen = 0.05F, kBeyondRim = 1e-3F, kLargestSafeMix = 0.5F;
  const auto row = static_cast<float>(y);
  for (int x = 0; x < width; ++x) {
    const auto column = static_cast<float>(x);
    const float right = motion[2 * x], down = motion[2 * x + 1];
    const bool beyondFirst = rim.beyond(column - time * right, row - time * down),
               beyondSecond = rim.beyond(column + (1 - time) * right, row + (1 - time) * down);
    const float byFirst = (1 - time) * (beyondFirst ? kBeyondRim : first[x] + kLeastSeen),
                bySecond = time * (beyondSecond ? kBeyondRim : second[x] + kLeastSeen);
    secondWeight[x] = bySecond / (byFirst + bySecond);
    safeMix[x] = beyondFirst || beyondSecond ? 0 : kLargestSafeMix * (1 - safeMix[x]);
  }
}

Sight sight(const TwoWayMotion& pair, const cv::Mat& motion, const cv::Mat& difference, float time) {
  const cv::Size size = motion.size();
  const cv::Mat forward = movedBy(pair.forward, motion, -time),
                backward = movedBy(pair.backward, motion, 1 - time);
  Sight result{cv::Mat(size, CV_32F), cv::Mat(size, CV_32F), cv::Mat(size, CV_32F)};
  std::vector<float> first(static_cast<std::size_t>(size.width)), second(first);
  const auto raise = [&](float* row) { cv::hal::exp32f(row, row, size.width); };
  for (int y = 0; y < size.height; ++y) {
    const auto* way = motion.ptr<float>(y);
    auto *safeMix = result.safeMix.ptr<float>(y), *confidence = result.confidence.ptr<float>(y);
    powers(way, forward.ptr<float>(y), backward.ptr<float>(y), difference.ptr<float>(y), size.width,
           first.data(), second.data(), safeMix, confidence);
    for (float* row : {first.data(), second.data(), safeMix, confidence}) raise(row);
    weigh(way, first.data(), second.data(), y, Rim(size), time, size.width, result.secondWeight.ptr<float>(y),
          safeMix);
  }
  cv::GaussianBlur(result.secondWeight, result.secondWeight, {}, 1);
  return result;
}

}  // namespace

std::array<cv::Mat, 2> carriedTo(double time, const FoundMotion& pair, bool twoThreads) {
  const auto t = static_cast<float>(time);
  std::array<cv::Mat, 2> carried;
  bothWays(
      twoThreads, [&] { carried[0] = filled(forwardProjection(pair.forward, pair.trustFirst, t)); },
      [&] { carried[1] = -filled(forwardProjection(pair.backward, pair.trustSecond, 1 - t)); });
  return carried;
}

MotionAtTime motionAtTime(const TwoWayMotion& pair, double time, bool several, bool twoThreads) {
  const auto t = static_cast<float>(time);
  const auto carried = carriedTo(time, pair, twoThreads);
  Candidate first{carried[0], {}}, second{carried[1], {}};
  bothWays(
      twoThreads, [&] { first.disagreement = disagreement(pair, first.motion, t); },
      [&] { second.disagreement = disagreement(pair, second.motion, t); });
  const cv::Mat share = choice(first, second);
  const cv::Mat motion = mixed(first.motion, second.motion, share);
  // Cheaper than looking again at what both pictures show when moved by the mixed motion, and as good.
  const cv::Mat difference = cv::min(first.disagreement, second.disagreement);
  const Sight seen = sight(pair, motion, difference, t);

  const cv::Mat sure = 1 - seen.safeMix;
  const cv::Mat fromSecondFrame = sure.mul(seen.secondWeight), fromFirstFrame = sure - fromSecondFrame;
  MotionAtTime result{{}, seen.confidence};
  if (several) {
    const cv::Mat rest = 1 - share;
    result.hypotheses = {{first.motion, rest.mul(fromFirstFrame), rest.mul(fromSecondFrame)},
                         {second.motion, share.mul(fromFirstFrame), share.mul(fromSecondFrame)}};
  } else {
    result.hypotheses = {{motion, fromFirstFrame, fromSecondFrame}};
  }
  for (Hypothesis& hypothesis : result.hypotheses) hypothesis.bend = bendAt(pair, hypothesis.motion, time);
  return result;
}

}  // namespace fw
