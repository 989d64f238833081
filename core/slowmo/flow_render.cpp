#include "core/slowmo/flow_render.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/core/hal/intrin.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/base/fast_loop.h"
#include "core/image/views.h"

#define FW_INLINE __attribute__((always_inline)) inline  // into each of the two

namespace fw {
namespace {

// A row of the frame lies between two rows of a map: `part` of the way from `above` to `below`.
struct Row {
  const float *above, *below;
  float part;

  float operator[](int x) const { return above[x] + part * (below[x] - above[x]); }
};

// A map of one number a pixel, read as if it had the size of the frame. It is widened once; rows are made of
// it as they are needed.
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

// One of the frames, moved: where each pixel reads it, in its own pixels, and how much of it is shown.
struct Layer {
  bool ofFirst;
  Enlarged x, y, share;
};

std::vector<Layer> layersOf(const MotionAtTime& motion, double time, cv::Size size) {
  std::vector<Layer> layers;
  for (const Hypothesis& guess : motion.hypotheses) {
    cv::Mat path[2];
    cv::split(guess.motion, path);
    const auto add = [&](bool ofFirst, const cv::Mat& share) {
      const double factor = ofFirst ? -time : 1 - time;
      layers.push_back({ofFirst, Enlarged(path[0] * (factor * size.width / share.cols), size),
                        Enlarged(path[1] * (factor * size.height / share.rows), size),
                        Enlarged(share, size)});
    };
    add(true, guess.firstShare);
    add(false, guess.secondShare);
  }
  return layers;
}

// Blue, green, red, and a sample that does not matter.
using Pixel = cv::v_float32x4;

FW_INLINE Pixel all(float value) { return cv::v_setall_f32(value); }

FW_INLINE Pixel pixelAt(const uchar* samples) {
  alignas(4) uchar four[4];  // OpenCV reads them as one integer
  std::memcpy(four, samples, sizeof(four));
  return cv::v_cvt_f32(cv::v_reinterpret_as_s32(cv::v_load_expand_q(four)));
}
FW_INLINE Pixel pixelAt(const ushort* samples) {
  return cv::v_cvt_f32(cv::v_reinterpret_as_s32(cv::v_load_expand(samples)));
}

// Packing keeps what cubic weights overshoot within the range.
FW_INLINE auto packed(const cv::v_int32x4& values, const uchar*) {
  const auto words = cv::v_pack(values, values);
  return cv::v_pack_u(words, words);
}
FW_INLINE auto packed(const cv::v_int32x4& values, const ushort*) { return cv::v_pack_u(values, values); }

template <class Sample>
FW_INLINE void storePixels(const Pixel* in, Sample* out, int count) {
  for (int i = 0; i < count; ++i) {
    const auto samples = packed(cv::v_round(in[i]), out);
    std::memcpy(out + 3 * i, &samples.val, (i + 1 < count ? 4 : 3) * sizeof(Sample));
  }
}

// A frame with a rim of repeated pixels, so that whatever is read near its edge is there.
struct Rimmed {
  static constexpr int kBefore = 1, kAfter = 3;

  explicit Rimmed(const cv::Mat& frame) {
    cv::copyMakeBorder(frame, whole, kBefore, kAfter, kBefore, kAfter, cv::BORDER_REPLICATE);
    origin = whole.ptr(kBefore, kBefore);
    step = static_cast<std::ptrdiff_t>(whole.step[0]);
  }
  template <class Sample>
  FW_INLINE const Sample* at(int x, int y) const {
    return reinterpret_cast<const Sample*>(origin + y * step) + 3 * x;
  }

  cv::Mat whole;
  const uchar* origin;
  std::ptrdiff_t step;
};

constexpr int kRun = 64;  // pixels worked on together: all that is known of them stays in the nearest cache
constexpr float kInvisible = 1.0F / 512;  // shares of less change nothing

// Where a run of pixels reads, and the weights of its `Width`×`Width` neighbours.
template <int Width>
struct Reads {
  int x[kRun], y[kRun];
  float across[Width][kRun], down[Width][kRun];
};

FW_INLINE void weights(float part, float (&out)[2][kRun], int i) {
  out[0][i] = 1 - part;
  out[1][i] = part;
}
FW_INLINE void weights(float part, float (&out)[4][kRun], int i) {
  constexpr float kA = -0.75F;  // the cubic that OpenCV uses
  const float before = part + 1, rest = 1 - part;
  out[0][i] = ((kA * before - 5 * kA) * before + 8 * kA) * before - 4 * kA;
  out[1][i] = ((kA + 2) * part - (kA + 3)) * part * part + 1;
  out[2][i] = ((kA + 2) * rest - (kA + 3)) * rest * rest + 1;
  out[3][i] = 1 - out[0][i] - out[1][i] - out[2][i];
}

template <int Width>
FW_INLINE void place(const Row& pathX, const Row& pathY, cv::Point start, cv::Size size, int count,
                     Reads<Width>& reads) {
  const auto lastX = static_cast<float>(size.width - 1), lastY = static_cast<float>(size.height - 1);
  for (int i = 0; i < count; ++i) {
    const float x = std::clamp(static_cast<float>(start.x + i) + pathX[start.x + i], 0.0F, lastX);
    const float y = std::clamp(static_cast<float>(start.y) + pathY[start.x + i], 0.0F, lastY);
    reads.x[i] = static_cast<int>(x);
    reads.y[i] = static_cast<int>(y);
    weights(x - static_cast<float>(reads.x[i]), reads.across, i);
    weights(y - static_cast<float>(reads.y[i]), reads.down, i);
  }
}

template <class Sample, int Width>
FW_INLINE void addMoved(const Rimmed& frame, const Reads<Width>& reads, const float* share, int count,
                        Pixel* sum) {
  constexpr int kBefore = Width / 2 - 1;
  for (int i = 0; i < count; ++i) {
    Pixel moved = all(0);
    for (int row = 0; row < Width; ++row) {
      const Sample* samples = frame.at<Sample>(reads.x[i] - kBefore, reads.y[i] - kBefore + row);
      Pixel across = all(reads.across[0][i]) * pixelAt(samples);
      for (int column = 1; column < Width; ++column)
        across = cv::v_muladd(all(reads.across[column][i]), pixelAt(samples + 3 * column), across);
      moved = cv::v_muladd(all(reads.down[row][i]), across, moved);
    }
    sum[i] = cv::v_muladd(all(share[i]), moved, sum[i]);
  }
}

template <class Sample, int Width>
FW_INLINE void renderRow(const Rimmed& first, const Rimmed& second, const std::vector<Layer>& layers,
                         float time, int y, cv::Mat& image) {
  Reads<Width> reads;
  Pixel sum[kRun];
  float share[kRun], rest[kRun];
  for (int x = 0; x < image.cols; x += kRun) {
    const int count = std::min(kRun, image.cols - x);
    std::fill_n(sum, count, all(0));
    std::fill_n(rest, count, 1.0F);
    for (const Layer& layer : layers) {
      const Row shares = layer.share.row(y);
      float largest = 0;
      for (int i = 0; i < count; ++i) {
        share[i] = shares[x + i];
        largest = std::max(largest, share[i]);
      }
      if (largest < kInvisible) continue;
      for (int i = 0; i < count; ++i) rest[i] -= share[i];
      place(layer.x.row(y), layer.y.row(y), {x, y}, image.size(), count, reads);
      addMoved<Sample>(layer.ofFirst ? first : second, reads, share, count, sum);
    }
    const Sample *still = first.at<Sample>(x, y), *later = second.at<Sample>(x, y);
    for (int i = 0; i < count; ++i) {  // the safer mix
      const Pixel faded =
          cv::v_muladd(all(time), pixelAt(later + 3 * i), all(1 - time) * pixelAt(still + 3 * i));
      sum[i] = cv::v_muladd(all(rest[i]), faded, sum[i]);
    }
    storePixels(sum, image.ptr<Sample>(y) + 3 * x, count);
  }
}

using RenderRow = void(const Rimmed&, const Rimmed&, const std::vector<Layer>&, float, int, cv::Mat&);
FW_FAST_LOOP void renderRow8(const Rimmed& first, const Rimmed& second, const std::vector<Layer>& layers,
                             float time, int y, cv::Mat& image) {
  renderRow<uchar, 2>(first, second, layers, time, y, image);
}
FW_FAST_LOOP void renderRow16(const Rimmed& first, const Rimmed& second, const std::vector<Layer>& layers,
                              float time, int y, cv::Mat& image) {
  renderRow<ushort, 2>(first, second, layers, time, y, image);
}
FW_FAST_LOOP void renderSharpRow8(const Rimmed& first, const Rimmed& second, const std::vector<Layer>& layers,
                                  float time, int y, cv::Mat& image) {
  renderRow<uchar, 4>(first, second, layers, time, y, image);
}
FW_FAST_LOOP void renderSharpRow16(const Rimmed& first, const Rimmed& second,
                                   const std::vector<Layer>& layers, float time, int y, cv::Mat& image) {
  renderRow<ushort, 4>(first, second, layers, time, y, image);
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
  const std::vector<Layer> layers = layersOf(motion, time, size);
  const Rimmed first(pair.first), second(pair.second);
  BetweenFrame frame{.image = cv::Mat(size, pair.first.type()), .confidence = {}};
  RenderRow* const render = frame.image.depth() == CV_8U ? (sharp ? renderSharpRow8 : renderRow8)
                                                         : (sharp ? renderSharpRow16 : renderRow16);
  cv::parallel_for_({0, size.height}, [&](const cv::Range& rows) {
    for (int y = rows.start; y < rows.end; ++y)
      render(first, second, layers, static_cast<float>(time), y, frame.image);
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
  const cv::Mat flow = enlarged(motion.hypotheses.front().motion, size);
  cv::Mat firstShare = cv::Mat::zeros(small, CV_32F), secondShare = firstShare.clone();
  for (const Hypothesis& guess : motion.hypotheses) {
    firstShare += guess.firstShare;
    secondShare += guess.secondShare;
  }
  Explanation shown;
  cv::multiply(flow, scale * -time, shown.flowToFirst);
  cv::multiply(flow, scale * (1 - time), shown.flowToSecond);
  shown.occlusion = enlarged(secondShare / (firstShare + secondShare), size);
  shown.warpedFirst = movedBy(pair.first, shown.flowToFirst, 1);
  shown.warpedSecond = movedBy(pair.second, shown.flowToSecond, 1);
  return shown;
}

}  // namespace fw
