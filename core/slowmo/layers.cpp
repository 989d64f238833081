#include "core/slowmo/layers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/core/hal/intrin.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>

namespace fw {
namespace {

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

// Where a run of pixels reads, and the weights of its `Width`×`Width` neighbours.
template <int Width>
struct Reads {
  int x[kLayerRun], y[kLayerRun];
  float across[Width][kLayerRun], down[Width][kLayerRun];
};

FW_INLINE void weights(float part, float (&out)[2][kLayerRun], int i) {
  out[0][i] = 1 - part;
  out[1][i] = part;
}
FW_INLINE void weights(float part, float (&out)[4][kLayerRun], int i) {
  constexpr float kA = -0.5F;  // of Catmull and Rom: OpenCV's −0.75 sharpens noise
  const float before = part + 1, rest = 1 - part;
  out[0][i] = ((kA * before - 5 * kA) * before + 8 * kA) * before - 4 * kA;
  out[1][i] = ((kA + 2) * part - (kA + 3)) * part * part + 1;
  out[2][i] = ((kA + 2) * rest - (kA + 3)) * rest * rest + 1;
  out[3][i] = 1 - out[0][i] - out[1][i] - out[2][i];
}

template <int Width>
FW_INLINE void place(const MapRow& wayX, const MapRow& wayY, cv::Point start, cv::Size size, int count,
                     Reads<Width>& reads) {
  const auto lastX = static_cast<float>(size.width - 1), lastY = static_cast<float>(size.height - 1);
  for (int i = 0; i < count; ++i) {
    const float x = std::clamp(static_cast<float>(start.x + i) + wayX[start.x + i], 0.0F, lastX);
    const float y = std::clamp(static_cast<float>(start.y) + wayY[start.x + i], 0.0F, lastY);
    reads.x[i] = static_cast<int>(x);
    reads.y[i] = static_cast<int>(y);
    weights(x - static_cast<float>(reads.x[i]), reads.across, i);
    weights(y - static_cast<float>(reads.y[i]), reads.down, i);
  }
}

template <class Sample, int Width>
FW_INLINE void addMoved(const RimmedFrame& frame, const Reads<Width>& reads, const float* share, int count,
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
FW_INLINE void renderRow(const RimmedFrame& first, const RimmedFrame& second,
                         const std::vector<Layer>& layers, float time, int y, cv::Mat& image) {
  Reads<Width> reads;
  Pixel sum[kLayerRun];
  float share[kLayerRun], rest[kLayerRun];
  for (int x = 0; x < image.cols; x += kLayerRun) {
    const int count = std::min(kLayerRun, image.cols - x);
    std::fill_n(sum, count, all(0));
    std::fill_n(rest, count, 1.0F);
    for (const Layer& layer : layers) {
      if (!takeShares(layer, {x, y}, count, share, rest)) continue;
      place(layer.wayX.row(y), layer.wayY.row(y), {x, y}, image.size(), count, reads);
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

// Spelt out: clang knows no target_clones for templates.
FW_FAST_LOOP void renderRow8(const RimmedFrame& first, const RimmedFrame& second,
                             const std::vector<Layer>& layers, float time, int y, cv::Mat& image) {
  renderRow<uchar, 2>(first, second, layers, time, y, image);
}
FW_FAST_LOOP void renderRow16(const RimmedFrame& first, const RimmedFrame& second,
                              const std::vector<Layer>& layers, float time, int y, cv::Mat& image) {
  renderRow<ushort, 2>(first, second, layers, time, y, image);
}
FW_FAST_LOOP void renderSharpRow8(const RimmedFrame& first, const RimmedFrame& second,
                                  const std::vector<Layer>& layers, float time, int y, cv::Mat& image) {
  renderRow<uchar, 4>(first, second, layers, time, y, image);
}
FW_FAST_LOOP void renderSharpRow16(const RimmedFrame& first, const RimmedFrame& second,
                                   const std::vector<Layer>& layers, float time, int y, cv::Mat& image) {
  renderRow<ushort, 4>(first, second, layers, time, y, image);
}

/// Where each of many columns lies between the few of a map, as cv::resize has it.
class Widening {
 public:
  Widening(int few, int many) : left_(static_cast<std::size_t>(many)), part_(left_.size()) {
    const float scale = static_cast<float>(few) / static_cast<float>(many);
    for (std::size_t x = 0; x < left_.size(); ++x) {
      const float at =
          std::clamp((static_cast<float>(x) + 0.5F) * scale - 0.5F, 0.0F, static_cast<float>(few - 1));
      left_[x] = std::min(static_cast<int>(at), std::max(0, few - 2));
      part_[x] = few > 1 ? at - static_cast<float>(left_[x]) : 0;
    }
  }

  /// `in` has one number more than the map has columns.
  FW_FAST_LOOP void widen(const float* in, float* out) const {
    const std::size_t count = left_.size();
    const int* left = left_.data();
    const float* part = part_.data();
    for (std::size_t x = 0; x < count; ++x) {
      const float here = in[left[x]];
      out[x] = here + part[x] * (in[left[x] + 1] - here);
    }
  }
  int many() const { return static_cast<int>(left_.size()); }

 private:
  std::vector<int> left_;
  std::vector<float> part_;
};

bool shows(const cv::Mat& share) {
  for (int y = 0; y < share.rows; ++y) {
    const auto* row = share.ptr<float>(y);
    if (std::any_of(row, row + share.cols, [](float part) { return part > kInvisible; })) return true;
  }
  return false;
}

/// None where nothing of it shows.
std::optional<Layer> layerOf(const Hypothesis& guess, bool ofFirst, float time, cv::Size size,
                             const Widening& widening) {
  const cv::Mat& share = ofFirst ? guess.firstShare : guess.secondShare;
  if (!shows(share)) return std::nullopt;
  const float part = ofFirst ? -time : 1 - time;
  const auto scaleX = static_cast<float>(size.width) / static_cast<float>(share.cols),
             scaleY = static_cast<float>(size.height) / static_cast<float>(share.rows);
  cv::Mat wide[3];
  for (cv::Mat& map : wide) map.create(share.rows, widening.many(), CV_32F);
  std::vector<float> x(static_cast<std::size_t>(share.cols) + 1), y(x.size()), shown(x.size());
  for (int row = 0; row < share.rows; ++row) {
    const auto* motion = guess.motion.ptr<cv::Vec2f>(row);
    const auto* bend = guess.bend.empty() ? nullptr : guess.bend.ptr<cv::Vec2f>(row);
    for (int column = 0; column < share.cols; ++column) {
      const auto at = static_cast<std::size_t>(column);
      const cv::Vec2f way = bend ? part * motion[column] + bend[column] : part * motion[column];
      x[at] = scaleX * way[0];
      y[at] = scaleY * way[1];
    }
    std::copy_n(share.ptr<float>(row), share.cols, shown.data());
    widening.widen(x.data(), wide[0].ptr<float>(row));
    widening.widen(y.data(), wide[1].ptr<float>(row));
    widening.widen(shown.data(), wide[2].ptr<float>(row));
  }
  return Layer{ofFirst, EnlargedMap(wide[0], size.height), EnlargedMap(wide[1], size.height),
               EnlargedMap(wide[2], size.height)};
}

}  // namespace

EnlargedMap::EnlargedMap(cv::Mat wide, int fullHeight)
    : wide_(std::move(wide)), scale_(static_cast<float>(wide_.rows) / static_cast<float>(fullHeight)) {}

MapRow EnlargedMap::row(int y) const {
  const float last = static_cast<float>(wide_.rows - 1);
  const float at = std::clamp((static_cast<float>(y) + 0.5F) * scale_ - 0.5F, 0.0F, last);
  const int above = static_cast<int>(at), below = std::min(above + 1, wide_.rows - 1);
  return {wide_.ptr<float>(above), wide_.ptr<float>(below), at - static_cast<float>(above)};
}

std::vector<Layer> layersOf(const MotionAtTime& motion, double time, cv::Size size) {
  const auto& guesses = motion.hypotheses;
  const Widening widening(motion.confidence.cols, size.width);
  std::vector<std::optional<Layer>> all(2 * guesses.size());
  cv::parallel_for_({0, static_cast<int>(all.size())}, [&](const cv::Range& range) {
    for (auto i = static_cast<std::size_t>(range.start); i < static_cast<std::size_t>(range.end); ++i)
      all[i] = layerOf(guesses[i / 2], i % 2 == 0, static_cast<float>(time), size, widening);
  });
  std::vector<Layer> layers;
  for (auto& layer : all)
    if (layer) layers.push_back(std::move(*layer));
  return layers;
}

RimmedFrame::RimmedFrame(const cv::Mat& frame) : source(frame) {
  constexpr int kBefore = 1, kAfter = 3;
  cv::copyMakeBorder(frame, whole, kBefore, kAfter, kBefore, kAfter,
                     cv::BORDER_REPLICATE | cv::BORDER_ISOLATED);
  origin = whole.ptr(kBefore, kBefore);
  step = static_cast<std::ptrdiff_t>(whole.step[0]);
}

RenderRow* rowRenderer(int depth, bool sharp) {
  if (depth == CV_8U) return sharp ? renderSharpRow8 : renderRow8;
  return sharp ? renderSharpRow16 : renderRow16;
}

}  // namespace fw
