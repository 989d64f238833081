#include "core/slowmo/flow_at_time.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace fw {
namespace {

using Vector = cv::Vec2f;

cv::Mat sampledAt(const cv::Mat& picture, const cv::Mat& motion, float factor) {
  cv::Mat positions(motion.size(), CV_32FC2), sampled;
  for (int y = 0; y < motion.rows; ++y) {
    const auto* in = motion.ptr<Vector>(y);
    auto* out = positions.ptr<Vector>(y);
    for (int x = 0; x < motion.cols; ++x)
      out[x] = {static_cast<float>(x) + factor * in[x][0], static_cast<float>(y) + factor * in[x][1]};
  }
  cv::remap(picture, sampled, positions, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  return sampled;
}

cv::Mat absoluteDifference(const cv::Mat& a, const cv::Mat& b) {
  cv::Mat difference;
  cv::absdiff(a, b, difference);
  difference.convertTo(difference, CV_32F);
  return difference;
}

// How far a pixel that goes there and back ends from where it started.
cv::Mat roundTrip(const cv::Mat& there, const cv::Mat& back) {
  const cv::Mat returning = sampledAt(back, there, 1);
  cv::Mat distance(there.size(), CV_32F);
  for (int y = 0; y < there.rows; ++y) {
    const auto *a = there.ptr<Vector>(y), *b = returning.ptr<Vector>(y);
    auto* out = distance.ptr<float>(y);
    for (int x = 0; x < there.cols; ++x) out[x] = std::hypot(a[x][0] + b[x][0], a[x][1] + b[x][1]);
  }
  return distance;
}

// e^(−distance − 0.05·difference) + a little, so that pixels that vanish still fill what nothing else claims.
cv::Mat trust(const cv::Mat& there, const cv::Mat& back, const cv::Mat& from, const cv::Mat& to) {
  constexpr double kPerPixel = 1, kPerGreyLevel = 0.05, kLeast = 0.01;
  cv::Mat weight;
  cv::exp(
      roundTrip(there, back) * -kPerPixel - absoluteDifference(from, sampledAt(to, there, 1)) * kPerGreyLevel,
      weight);
  return weight + kLeast;
}

// Every pixel lands where it is at `time` and leaves its motion there. The sum of weight × (x, y, 1).
cv::Mat forwardProjection(const cv::Mat& motion, const cv::Mat& weight, float time) {
  cv::Mat sum = cv::Mat::zeros(motion.size(), CV_32FC3);
  for (int y = 0; y < motion.rows; ++y) {
    const auto* flow = motion.ptr<Vector>(y);
    const auto* weights = weight.ptr<float>(y);
    for (int x = 0; x < motion.cols; ++x) {
      const float toX = static_cast<float>(x) + time * flow[x][0],
                  toY = static_cast<float>(y) + time * flow[x][1];
      const float left = std::floor(toX), top = std::floor(toY);
      if (!(left >= -1 && top >= -1 && left < static_cast<float>(motion.cols) &&
            top < static_cast<float>(motion.rows)))
        continue;
      const int column = static_cast<int>(left), row = static_cast<int>(top);
      const float dx = toX - left, dy = toY - top;
      const float shares[2][2] = {{(1 - dx) * (1 - dy), dx * (1 - dy)}, {(1 - dx) * dy, dx * dy}};
      for (int j = std::max(0, -row); j < std::min(2, motion.rows - row); ++j)
        for (int i = std::max(0, -column); i < std::min(2, motion.cols - column); ++i) {
          const float share = shares[j][i] * weights[x];
          sum.at<cv::Vec3f>(row + j, column + i) += cv::Vec3f(share * flow[x][0], share * flow[x][1], share);
        }
    }
  }
  return sum;
}

// Where nothing landed, the surroundings answer, the nearer the more (push-pull over a pyramid).
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
    field.create(level->size(), CV_32FC2);
    for (int y = 0; y < field.rows; ++y) {
      const auto* in = level->ptr<cv::Vec3f>(y);
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

cv::Mat disagreement(const TwoWayMotion& motion, const cv::Mat& field, float time) {
  constexpr double kNeighbourhood = 1.5;
  cv::Mat difference =
      absoluteDifference(sampledAt(motion.first, field, -time), sampledAt(motion.second, field, 1 - time));
  cv::GaussianBlur(difference, difference, {}, kNeighbourhood);
  return difference;
}

bool outside(float x, float y, cv::Size size) {
  return x < 0 || y < 0 || x > static_cast<float>(size.width - 1) || y > static_cast<float>(size.height - 1);
}

}  // namespace

MotionAtTime motionAtTime(const TwoWayMotion& motion, double time) {
  const auto t = static_cast<float>(time);
  const cv::Mat trustFirst = trust(motion.forward, motion.backward, motion.first, motion.second);
  const cv::Mat trustSecond = trust(motion.backward, motion.forward, motion.second, motion.first);
  const cv::Mat fromFirst = filled(forwardProjection(motion.forward, trustFirst, t));
  const cv::Mat fromSecond = -filled(forwardProjection(motion.backward, trustSecond, 1 - t));
  const cv::Mat costFirst = disagreement(motion, fromFirst, t),
                costSecond = disagreement(motion, fromSecond, t);

  constexpr float kPerGreyLevel = 0.3F;
  MotionAtTime result{cv::Mat(motion.first.size(), CV_32FC2), cv::Mat(motion.first.size(), CV_32F),
                      cv::Mat(motion.first.size(), CV_32F)};
  for (int y = 0; y < result.motion.rows; ++y) {
    const auto *a = fromFirst.ptr<Vector>(y), *b = fromSecond.ptr<Vector>(y);
    const auto *costA = costFirst.ptr<float>(y), *costB = costSecond.ptr<float>(y);
    auto* out = result.motion.ptr<Vector>(y);
    for (int x = 0; x < result.motion.cols; ++x) {
      const float second = 1 / (1 + std::exp(kPerGreyLevel * (costB[x] - costA[x])));
      out[x] = a[x] + second * (b[x] - a[x]);
    }
  }

  // A frame sees a pixel when its own motion there is the one that brought us here.
  const cv::Mat atFirst = sampledAt(motion.forward, result.motion, -t);
  const cv::Mat atSecond = sampledAt(motion.backward, result.motion, 1 - t);
  const cv::Mat cost = disagreement(motion, result.motion, t);
  constexpr float kPerPixel = 0.5F, kLeast = 0.05F, kUnseen = 1e-3F;
  for (int y = 0; y < result.motion.rows; ++y) {
    const auto *u = result.motion.ptr<Vector>(y), *f = atFirst.ptr<Vector>(y), *b = atSecond.ptr<Vector>(y);
    const auto* difference = cost.ptr<float>(y);
    auto *weight = result.secondWeight.ptr<float>(y), *confidence = result.confidence.ptr<float>(y);
    for (int x = 0; x < result.motion.cols; ++x) {
      const float px = static_cast<float>(x), py = static_cast<float>(y);
      const float awayFirst = std::hypot(u[x][0] - f[x][0], u[x][1] - f[x][1]);
      const float awaySecond = std::hypot(u[x][0] + b[x][0], u[x][1] + b[x][1]);
      float first = (1 - t) * (std::exp(-kPerPixel * awayFirst) + kLeast);
      float second = t * (std::exp(-kPerPixel * awaySecond) + kLeast);
      if (outside(px - t * u[x][0], py - t * u[x][1], result.motion.size())) first *= kUnseen;
      if (outside(px + (1 - t) * u[x][0], py + (1 - t) * u[x][1], result.motion.size())) second *= kUnseen;
      weight[x] = second / (first + second);
      confidence[x] = std::exp(-0.25F * (awayFirst + awaySecond) - 0.03F * difference[x]);
    }
  }
  return result;
}

}  // namespace fw
