#include "core/slowmo/flow_render.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "core/base/error.h"
#include "core/image/views.h"

namespace fw {
namespace {

constexpr int kRowsAtOnce =
    32;  // what one thread holds stays in its cache, and memory does not grow with the frame

// Reads a small map as if it had the size of the frame, linearly between its pixels.
class Enlarged {
 public:
  Enlarged(const cv::Mat& small, cv::Size full) : small_(small), scaleY_(ratio(small.rows, full.height)) {
    const float scaleX = ratio(small.cols, full.width);
    columns_.resize(static_cast<std::size_t>(full.width));
    for (int x = 0; x < full.width; ++x) columns_[static_cast<std::size_t>(x)] = place(x, scaleX, small.cols);
  }

  // One row of the enlarged map, channels interleaved.
  void row(int y, std::vector<float>& out) const {
    const int channels = small_.channels();
    const Place place_ = place(y, scaleY_, small_.rows);
    const auto *above = small_.ptr<float>(place_.low), *below = small_.ptr<float>(place_.high);
    std::vector<float>& mixed = out;
    const auto width = static_cast<std::size_t>(small_.cols * channels);
    static thread_local std::vector<float> narrow;
    narrow.resize(width);
    for (std::size_t i = 0; i < width; ++i) narrow[i] = above[i] + place_.share * (below[i] - above[i]);
    mixed.resize(columns_.size() * static_cast<std::size_t>(channels));
    auto* to = mixed.data();
    for (const Place& column : columns_) {
      const auto *a = narrow.data() + column.low * channels, *b = narrow.data() + column.high * channels;
      for (int c = 0; c < channels; ++c) *to++ = a[c] + column.share * (b[c] - a[c]);
    }
  }

 private:
  struct Place {
    int low, high;
    float share;
  };
  static float ratio(int small, int full) { return static_cast<float>(small) / static_cast<float>(full); }
  static Place place(int full, float scale, int count) {
    const float at =
        std::clamp((static_cast<float>(full) + 0.5F) * scale - 0.5F, 0.0F, static_cast<float>(count - 1));
    const int low = static_cast<int>(at);
    return {low, std::min(low + 1, count - 1), at - static_cast<float>(low)};
  }

  const cv::Mat& small_;
  float scaleY_;
  std::vector<Place> columns_;
};

template <class Sample>
void mixRow(const cv::Mat& first, const cv::Mat& second, const float* weight, cv::Mat& out, int from,
            int to) {
  const auto *a = first.ptr<Sample>(from), *b = second.ptr<Sample>(from);
  auto* o = out.ptr<Sample>(to);
  for (int x = 0; x < out.cols; ++x)
    for (int i = 3 * x; i < 3 * x + 3; ++i)
      o[i] =
          static_cast<Sample>(static_cast<float>(a[i]) + weight[x] * static_cast<float>(b[i] - a[i]) + 0.5F);
}

void renderRows(const FramePair& pair, const Enlarged& motion, const Enlarged& weights, cv::Point2f scale,
                float t, cv::Range rows, cv::Mat& out, cv::Mat* keepFirst, cv::Mat* keepSecond) {
  const cv::Size size(out.cols, rows.size());
  cv::Mat toFirst(size, CV_32FC2), toSecond(size, CV_32FC2), first, second;
  std::vector<float> row;
  for (int y = rows.start; y < rows.end; ++y) {
    motion.row(y, row);
    auto *a = toFirst.ptr<float>(y - rows.start), *b = toSecond.ptr<float>(y - rows.start);
    const auto fy = static_cast<float>(y);
    for (int x = 0; x < out.cols; ++x) {
      const float dx = row[static_cast<std::size_t>(2 * x)] * scale.x;
      const float dy = row[static_cast<std::size_t>(2 * x) + 1] * scale.y;
      const auto fx = static_cast<float>(x);
      a[2 * x] = fx - t * dx, a[2 * x + 1] = fy - t * dy;
      b[2 * x] = fx + (1 - t) * dx, b[2 * x + 1] = fy + (1 - t) * dy;
    }
  }
  cv::remap(pair.first, first, toFirst, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  cv::remap(pair.second, second, toSecond, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  for (int y = rows.start; y < rows.end; ++y) {
    weights.row(y, row);
    if (out.depth() == CV_8U)
      mixRow<uchar>(first, second, row.data(), out, y - rows.start, y);
    else
      mixRow<ushort>(first, second, row.data(), out, y - rows.start, y);
  }
  if (keepFirst != nullptr) first.copyTo(keepFirst->rowRange(rows));
  if (keepSecond != nullptr) second.copyTo(keepSecond->rowRange(rows));
}

cv::Mat render(const FramePair& pair, const MotionAtTime& motion, double time, cv::Mat* keepFirst = nullptr,
               cv::Mat* keepSecond = nullptr) {
  const cv::Size size = pair.first.size();
  const cv::Point2f scale(static_cast<float>(size.width) / static_cast<float>(motion.motion.cols),
                          static_cast<float>(size.height) / static_cast<float>(motion.motion.rows));
  const Enlarged enlarged(motion.motion, size), weights(motion.secondWeight, size);
  cv::Mat image(size, pair.first.type());
  const int stripes = (size.height + kRowsAtOnce - 1) / kRowsAtOnce;
  cv::parallel_for_({0, stripes}, [&](const cv::Range& range) {
    for (int stripe = range.start; stripe < range.end; ++stripe) {
      const cv::Range rows(stripe * kRowsAtOnce, std::min(size.height, (stripe + 1) * kRowsAtOnce));
      renderRows(pair, enlarged, weights, scale, static_cast<float>(time), rows, image, keepFirst,
                 keepSecond);
    }
  });
  return image;
}

}  // namespace

void requirePair(const FramePair& pair) {
  const bool known = pair.first.type() == CV_8UC3 || pair.first.type() == CV_16UC3;
  if (pair.first.empty() || pair.second.empty() || !known || pair.first.type() != pair.second.type() ||
      pair.first.size() != pair.second.size())
    throw Error("No frame can be made between these two pictures", "",
                "Both must have the same size and be 8- or 16-bit colour.");
}

void requireBetween(double time) {
  if (!(time > 0 && time < 1))
    throw Error("A frame can only be made between two frames", "time " + std::to_string(time),
                "Ask for a time above 0 and below 1.");
}

cv::Mat photometricAgreement(const cv::Mat& a, const cv::Mat& b) {
  constexpr double kDistance = 24.0;  // grey levels at which belief has fallen to 1/e
  cv::Mat difference, grey;
  cv::absdiff(a, b, difference);
  difference = to8Bit(difference);
  cv::cvtColor(difference, grey, cv::COLOR_BGR2GRAY);
  cv::blur(grey, grey, {5, 5});
  cv::Mat belief(1, 256, CV_8U);
  for (int i = 0; i < 256; ++i)
    belief.at<uchar>(0, i) = cv::saturate_cast<uchar>(255 * std::exp(-i / kDistance));
  cv::Mat agreement;
  cv::LUT(grey, belief, agreement);
  return agreement;
}

BetweenFrame renderBetween(const FramePair& pair, const MotionAtTime& motion, double time) {
  BetweenFrame frame{.image = render(pair, motion, time), .confidence = {}};
  cv::Mat belief;
  motion.confidence.convertTo(belief, CV_8U, 255);
  cv::resize(belief, frame.confidence, pair.first.size(), 0, 0, cv::INTER_LINEAR);
  return frame;
}

Explanation explainBetween(const FramePair& pair, const MotionAtTime& motion, double time) {
  const cv::Size size = pair.first.size();
  Explanation explanation;
  explanation.warpedFirst.create(size, pair.first.type());
  explanation.warpedSecond.create(size, pair.first.type());
  render(pair, motion, time, &explanation.warpedFirst, &explanation.warpedSecond);
  cv::Mat full;
  cv::resize(motion.motion, full, size, 0, 0, cv::INTER_LINEAR);
  const cv::Scalar scale(static_cast<double>(size.width) / motion.motion.cols,
                         static_cast<double>(size.height) / motion.motion.rows);
  cv::multiply(full, scale * -time, explanation.flowToFirst);
  cv::multiply(full, scale * (1 - time), explanation.flowToSecond);
  cv::resize(motion.secondWeight, explanation.occlusion, size, 0, 0, cv::INTER_LINEAR);
  return explanation;
}

}  // namespace fw
