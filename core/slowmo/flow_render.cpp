#include "core/slowmo/flow_render.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "core/base/error.h"
#include "core/image/views.h"

// The loops over samples are compiled twice; newer processors run them twice as fast. Sanitizers cannot take
// the resolver that chooses.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FW_FAST_LOOP __attribute__((target_clones("avx2", "default")))
#else
#define FW_FAST_LOOP
#endif

namespace fw {
namespace {

// What a thread holds stays in its cache, and memory does not grow with the frame.
constexpr int kRowsAtOnce = 32;

// A row of the frame lies between two rows of a map: `part` of the way from `above` to `below`.
struct Row {
  const float *above, *below;
  float part;
};

FW_FAST_LOOP void move(const float* start, const Row& motion, float factor, float* out, int count) {
  const float *above = motion.above, *below = motion.below;
  const float part = motion.part;
  for (int i = 0; i < count; ++i) out[i] = start[i] + factor * (above[i] + part * (below[i] - above[i]));
}
FW_FAST_LOOP void addShare(const uchar* in, const Row& share, float* out, int count) {
  const float *above = share.above, *below = share.below;
  const float part = share.part;
  for (int i = 0; i < count; ++i)
    out[i] += (above[i] + part * (below[i] - above[i])) * static_cast<float>(in[i]);
}
FW_FAST_LOOP void addShare(const ushort* in, const Row& share, float* out, int count) {
  const float *above = share.above, *below = share.below;
  const float part = share.part;
  for (int i = 0; i < count; ++i)
    out[i] += (above[i] + part * (below[i] - above[i])) * static_cast<float>(in[i]);
}
// Cubic samples and sums in float can leave the range by a little.
FW_FAST_LOOP void store(const float* in, uchar* out, int count) {
  for (int i = 0; i < count; ++i) out[i] = static_cast<uchar>(std::clamp(in[i] + 0.5F, 0.0F, 255.0F));
}
FW_FAST_LOOP void store(const float* in, ushort* out, int count) {
  for (int i = 0; i < count; ++i) out[i] = static_cast<ushort>(std::clamp(in[i] + 0.5F, 0.0F, 65535.0F));
}

// A map read as if it had the size of the frame. It is widened once; rows are made of it as they are needed.
class Enlarged {
 public:
  Enlarged(const cv::Mat& map, cv::Size full)
      : scale_(static_cast<float>(map.rows) / static_cast<float>(full.height)) {
    cv::resize(map, wide_, {full.width, map.rows}, 0, 0, cv::INTER_LINEAR);
  }

  Row row(int y) const {
    const float last = static_cast<float>(wide_.rows - 1);
    const float at = std::clamp((static_cast<float>(y) + 0.5F) * scale_ - 0.5F, 0.0F, last);
    const int above = static_cast<int>(at), below = std::min(above + 1, wide_.rows - 1);
    return {wide_.ptr<float>(above), wide_.ptr<float>(below), at - static_cast<float>(above)};
  }

 private:
  cv::Mat wide_;
  float scale_;
};

// A share counts for all channels of a pixel: three equal ones side by side let whole rows be multiplied.
Enlarged enlargedShare(const cv::Mat& share, cv::Size full) {
  const cv::Mat channels[] = {share, share, share};
  cv::Mat three;
  cv::merge(channels, 3, three);
  return {three, full};
}

Enlarged enlargedMotion(const cv::Mat& motion, cv::Size full) {
  cv::Mat scaled;
  cv::multiply(motion,
               cv::Scalar(static_cast<double>(full.width) / motion.cols,
                          static_cast<double>(full.height) / motion.rows),
               scaled);
  return {scaled, full};
}

struct Layer {
  Enlarged motion;
  std::optional<Enlarged> firstShare, secondShare;
};

struct Layers {
  std::vector<Layer> moved;
  Enlarged firstRest, secondRest;  // shares of the frames where they are: the safer mix
};

Layers enlarged(const MotionAtTime& motion, double time, cv::Size size) {
  std::vector<Layer> moved;
  cv::Mat rest(motion.confidence.size(), CV_32F, cv::Scalar(1));
  const auto taken = [&](const cv::Mat& share) -> std::optional<Enlarged> {
    if (share.empty()) return std::nullopt;
    rest -= share;
    return enlargedShare(share, size);
  };
  for (const Hypothesis& guess : motion.hypotheses)
    moved.push_back({enlargedMotion(guess.motion, size), taken(guess.firstShare), taken(guess.secondShare)});
  return {std::move(moved), enlargedShare(rest * (1 - time), size), enlargedShare(rest * time, size)};
}

template <class Sample>
void renderRows(const FramePair& pair, const Layers& layers, float time, int interpolation,
                const cv::Range& rows, cv::Mat& image) {
  const cv::Size size(image.cols, rows.size());
  const int samples = 3 * size.width;
  cv::Mat mix = cv::Mat::zeros(size, CV_32FC3), here(size, CV_32FC2);
  for (int y = 0; y < size.height; ++y) {
    auto* at = here.ptr<cv::Vec2f>(y);
    for (int x = 0; x < size.width; ++x) at[x] = {static_cast<float>(x), static_cast<float>(rows.start + y)};
    const int row = rows.start + y;
    addShare(pair.first.ptr<Sample>(row), layers.firstRest.row(row), mix.ptr<float>(y), samples);
    addShare(pair.second.ptr<Sample>(row), layers.secondRest.row(row), mix.ptr<float>(y), samples);
  }
  cv::Mat positions(size, CV_32FC2), moved;
  const auto addMoved = [&](const cv::Mat& frame, const Enlarged& motion, float factor,
                            const Enlarged& shares) {
    for (int y = 0; y < size.height; ++y)
      move(here.ptr<float>(y), motion.row(rows.start + y), factor, positions.ptr<float>(y), 2 * size.width);
    cv::remap(frame, moved, positions, cv::noArray(), interpolation, cv::BORDER_REPLICATE);
    for (int y = 0; y < size.height; ++y)
      addShare(moved.ptr<Sample>(y), shares.row(rows.start + y), mix.ptr<float>(y), samples);
  };
  for (const Layer& layer : layers.moved) {
    if (layer.firstShare) addMoved(pair.first, layer.motion, -time, *layer.firstShare);
    if (layer.secondShare) addMoved(pair.second, layer.motion, 1 - time, *layer.secondShare);
  }
  for (int y = 0; y < size.height; ++y) store(mix.ptr<float>(y), image.ptr<Sample>(rows.start + y), samples);
}

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

BetweenFrame renderBetween(const FramePair& pair, const MotionAtTime& motion, double time, bool sharp) {
  const cv::Size size = pair.first.size();
  const Layers layers = enlarged(motion, time, size);
  BetweenFrame frame{.image = cv::Mat(size, pair.first.type()), .confidence = {}};
  const int stripes = (size.height + kRowsAtOnce - 1) / kRowsAtOnce;
  const int interpolation = sharp ? cv::INTER_CUBIC : cv::INTER_LINEAR;
  cv::parallel_for_({0, stripes}, [&](const cv::Range& range) {
    for (int stripe = range.start; stripe < range.end; ++stripe) {
      const cv::Range rows(stripe * kRowsAtOnce, std::min(size.height, (stripe + 1) * kRowsAtOnce));
      const auto render = frame.image.depth() == CV_8U ? renderRows<uchar> : renderRows<ushort>;
      render(pair, layers, static_cast<float>(time), interpolation, rows, frame.image);
    }
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
  // The first motion that each frame is moved by; the shares of all.
  const Hypothesis *ofFirst = nullptr, *ofSecond = nullptr;
  cv::Mat firstShare = cv::Mat::zeros(small, CV_32F), secondShare = firstShare.clone();
  for (const Hypothesis& guess : motion.hypotheses) {
    if (!guess.firstShare.empty()) {
      firstShare += guess.firstShare;
      if (ofFirst == nullptr) ofFirst = &guess;
    }
    if (!guess.secondShare.empty()) {
      secondShare += guess.secondShare;
      if (ofSecond == nullptr) ofSecond = &guess;
    }
  }
  Explanation shown;
  cv::multiply(enlarged(ofFirst->motion, size), scale * -time, shown.flowToFirst);
  cv::multiply(enlarged(ofSecond->motion, size), scale * (1 - time), shown.flowToSecond);
  shown.occlusion = enlarged(secondShare / (firstShare + secondShare), size);
  shown.warpedFirst = movedBy(pair.first, shown.flowToFirst, 1);
  shown.warpedSecond = movedBy(pair.second, shown.flowToSecond, 1);
  return shown;
}

}  // namespace fw
