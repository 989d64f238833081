#include "core/nn/swift_prior.h"

#include <cmath>
#include <future>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

namespace fw {
namespace {

cv::Mat grayOf(const cv::Mat& picture) {
  cv::Mat gray;
  cv::cvtColor(picture, gray, cv::COLOR_BGR2GRAY);
  return gray;
}

cv::Mat disOfGray(const cv::Mat& from, const cv::Mat& to) {
  cv::Mat flow;
  if (std::min(from.rows, from.cols) < 16)  // smaller than the patches of the coarsest level
    return cv::Mat::zeros(from.size(), CV_32FC2);
  cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM)->calc(from, to, flow);
  return flow;
}

cv::Mat halved(const cv::Mat& image) {
  cv::Mat half;
  cv::resize(image, half, cv::Size(image.cols / 2, image.rows / 2), 0, 0, cv::INTER_AREA);
  return half;
}

/// A pixel is trusted when its colour is found again where the flow points and the flow there points back.
cv::Mat trust(const cv::Mat& from, const cv::Mat& to, const cv::Mat& flow, const cv::Mat& wayBack) {
  cv::Mat map(flow.size(), CV_32FC2);
  for (int y = 0; y < flow.rows; ++y) {
    const auto* f = flow.ptr<cv::Vec2f>(y);
    auto* m = map.ptr<cv::Vec2f>(y);
    for (int x = 0; x < flow.cols; ++x)
      m[x] = {static_cast<float>(x) + 0.5f * f[x][0], static_cast<float>(y) + 0.5f * f[x][1]};
  }
  cv::Mat found, back;
  cv::remap(to, found, map, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  cv::remap(wayBack, back, map, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  cv::Mat exponent(flow.size(), CV_32FC1), result;
  for (int y = 0; y < flow.rows; ++y) {
    const auto* f = flow.ptr<cv::Vec2f>(y);
    const auto* b = back.ptr<cv::Vec2f>(y);
    const auto *p = from.ptr<uchar>(y), *q = found.ptr<uchar>(y);
    auto* e = exponent.ptr<float>(y);
    for (int x = 0; x < flow.cols; ++x) {
      const auto miss = f[x] + b[x];
      const float length = f[x].dot(f[x]) + b[x].dot(b[x]);
      const float colour = static_cast<float>(std::abs(p[x] - q[x]));
      e[x] = -(colour / 12.0f + miss.dot(miss) / (0.05f * length + 1.0f));
    }
  }
  cv::exp(exponent, result);
  return result;
}

/// Adds every pixel of one flow map where it is at that time (bilinear splatting).
/// sums: weighted flow to first and second; reach: the weights.
void splat(const cv::Mat& flow, const cv::Mat& trusts, float travelled, float toFirst, float toSecond,
           cv::Mat& sums, cv::Mat& weights, cv::Mat& reach, int side) {
  constexpr float kLeast = 0.02f;  // an untrusted pixel still beats a hole
  for (int y = 0; y < flow.rows; ++y) {
    const auto* f = flow.ptr<cv::Vec2f>(y);
    const auto* w = trusts.ptr<float>(y);
    for (int x = 0; x < flow.cols; ++x) {
      const float px = static_cast<float>(x) + 0.5f * travelled * f[x][0];
      const float py = static_cast<float>(y) + 0.5f * travelled * f[x][1];
      if (!(px > -1.0f && py > -1.0f && px < static_cast<float>(flow.cols) &&
            py < static_cast<float>(flow.rows)))
        continue;
      const float fx = std::floor(px), fy = std::floor(py);
      const float ax = px - fx, ay = py - fy;
      const cv::Vec4f value(toFirst * f[x][0], toFirst * f[x][1], toSecond * f[x][0], toSecond * f[x][1]);
      const float strength = w[x] + kLeast;
      for (int j = 0; j < 2; ++j) {
        const int row = static_cast<int>(fy) + j;
        if (row < 0 || row >= flow.rows) continue;
        const float wy = j ? ay : 1.0f - ay;
        for (int i = 0; i < 2; ++i) {
          const int column = static_cast<int>(fx) + i;
          if (column < 0 || column >= flow.cols) continue;
          const float share = strength * wy * (i ? ax : 1.0f - ax);
          sums.ptr<cv::Vec4f>(row)[column] += value * share;
          weights.ptr<float>(row)[column] += share;
          reach.ptr<cv::Vec2f>(row)[column][side] += share;
        }
      }
    }
  }
}

}  // namespace

cv::Mat disFlow(const cv::Mat& from, const cv::Mat& to) { return disOfGray(grayOf(from), grayOf(to)); }

PairFlow pairFlow(const cv::Mat& first, const cv::Mat& second, int threads) {
  const cv::Mat a = grayOf(first), b = grayOf(second);
  PairFlow pair;
  const auto policy = threads > 1 ? std::launch::async : std::launch::deferred;
  auto other = std::async(policy, [&] { return halved(disOfGray(b, a)); });
  pair.forward = halved(disOfGray(a, b));
  pair.backward = other.get();
  const cv::Mat halfA = halved(a), halfB = halved(b);
  pair.trustForward = trust(halfA, halfB, pair.forward, pair.backward);
  pair.trustBackward = trust(halfB, halfA, pair.backward, pair.forward);
  return pair;
}

MotionPrior motionAt(const PairFlow& pair, double time) {
  const auto t = static_cast<float>(time);
  const auto size = pair.forward.size();
  // Holes fall back on the flow at the same place, as if it were locally constant.
  constexpr float kFallback = 1e-3f;
  cv::Mat sums(size, CV_32FC4), weights(size, CV_32FC1, cv::Scalar(kFallback));
  MotionPrior prior{{}, cv::Mat::zeros(size, CV_32FC2)};
  for (int y = 0; y < size.height; ++y) {
    const auto *f = pair.forward.ptr<cv::Vec2f>(y), *b = pair.backward.ptr<cv::Vec2f>(y);
    auto* s = sums.ptr<cv::Vec4f>(y);
    for (int x = 0; x < size.width; ++x) {
      const cv::Vec2f toFirst = 0.5f * t * (b[x] - f[x]), toSecond = 0.5f * (1.0f - t) * (f[x] - b[x]);
      s[x] = kFallback * cv::Vec4f(toFirst[0], toFirst[1], toSecond[0], toSecond[1]);
    }
  }
  splat(pair.forward, pair.trustForward, t, -t, 1.0f - t, sums, weights, prior.reach, 0);
  splat(pair.backward, pair.trustBackward, 1.0f - t, t, -(1.0f - t), sums, weights, prior.reach, 1);
  prior.flow.create(size, CV_32FC4);
  for (int y = 0; y < size.height; ++y) {
    const auto* s = sums.ptr<cv::Vec4f>(y);
    const auto* w = weights.ptr<float>(y);
    auto* f = prior.flow.ptr<cv::Vec4f>(y);
    for (int x = 0; x < size.width; ++x) f[x] = s[x] * (1.0f / w[x]);
  }
  cv::min(prior.reach, 2.0, prior.reach);
  return prior;
}

}  // namespace fw
