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
                         const std::vector<RowOfLayer>& layers, float time, int y, cv::Mat& image) {
  Reads<Width> reads;
  Pixel sum[kLayerRun];
  float share[kLayerRun], rest[kLayerRun];
  for (int x = 0; x < image.cols; x += kLayerRun) {
    const int count = std::min(kLayerRun, image.cols - x);
    std::fill_n(sum, count, all(0));
    std::fill_n(rest, count, 1.0F);
    for (const RowOfLayer& layer : layers) {
      if (!takeShares(layer.share, x, count, share, rest)) continue;
      place(layer.wayX, layer.wayY, {x, y}, image.size(), count, reads);
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
                             const std::vector<RowOfLayer>& layers, float time, int y, cv::Mat& image) {
  renderRow<uchar, 2>(first, second, layers, time, y, image);
}
FW_FAST_LOOP void renderRow16(const RimmedFrame& first, const RimmedFrame& second,
                              const std::vector<RowOfLayer>& layers, float time, int y, cv::Mat& image) {
  renderRow<ushort, 2>(first, second, layers, time, y, image);
}
FW_FAST_LOOP void renderSharpRow8(const RimmedFrame& first, const RimmedFrame& second,
                                  const std::vector<RowOfLayer>& layers, float time, int y, cv::Mat& image) {
  renderRow<uchar, 4>(first, second, layers, time, y, image);
}
FW_FAST_LOOP void renderSharpRow16(const RimmedFrame& first, const RimmedFrame& second,
                                   const std::vector<RowOfLayer>& layers, float time, int y, cv::Mat& image) {
  renderRow<ushort, 4>(first, second, layers, time, y, image);
}

FW_FAST_LOOP void plainWidenRow(const float* in, const int* left, const float* part, int count, float* out) {
  for (int x = 0; x < count; ++x) {
    const float here = in[left[x]];
    out[x] = here + part[x] * (in[left[x] + 1] - here);
  }
}

FW_FAST_LOOP void wayRow(const float* motion, const float* bend, float part, cv::Size2f scale, int count,
                         float* x, float* y) {
  for (int i = 0; i < count; ++i) {
    x[i] = scale.width * (part * motion[2 * i] + bend[2 * i]);
    y[i] = scale.height * (part * motion[2 * i + 1] + bend[2 * i + 1]);
  }
}

Layer layerOf(const Hypothesis& guess, bool ofFirst, double time, cv::Size size) {
  const cv::Mat& share = ofFirst ? guess.firstShare : guess.secondShare;
  const auto part = static_cast<float>(ofFirst ? -time : 1 - time);
  const cv::Size2f scale(static_cast<float>(size.width) / static_cast<float>(share.cols),
                         static_cast<float>(size.height) / static_cast<float>(share.rows));
  Layer layer{ofFirst, cv::Mat(share.size(), CV_32F), cv::Mat(share.size(), CV_32F), share.clone()};
  const cv::Mat straight = cv::Mat::zeros(guess.bend.empty() ? 1 : 0, share.cols, CV_32FC2);
  for (int row = 0; row < share.rows; ++row)
    wayRow(guess.motion.ptr<float>(row),
           guess.bend.empty() ? straight.ptr<float>() : guess.bend.ptr<float>(row), part, scale, share.cols,
           layer.wayX.ptr<float>(row), layer.wayY.ptr<float>(row));
  return layer;
}

FW_FAST_LOOP void mergeRow(float* __restrict x, float* __restrict y, float* __restrict share,
                           const float* __restrict otherX, const float* __restrict otherY,
                           float* __restrict otherShare, int count) {
  constexpr float kSame = 0.25F;  // pixels of the frame
  for (int i = 0; i < count; ++i) {
    const float asideX = otherX[i] - x[i], asideY = otherY[i] - y[i];
    const float taken = asideX * asideX + asideY * asideY < kSame * kSame ? otherShare[i] : 0;
    const float total = share[i] + taken, part = taken / std::max(total, 1e-6F);
    x[i] += part * asideX;
    y[i] += part * asideY;
    share[i] = total;
    otherShare[i] -= taken;
  }
}

bool shows(const cv::Mat& share) {
  for (int y = 0; y < share.rows; ++y) {
    const auto* row = share.ptr<float>(y);
    if (std::any_of(row, row + share.cols, [](float part) { return part > kInvisible; })) return true;
  }
  return false;
}

// Reading a picture is what costs most, and guesses agree nearly everywhere.
void merge(std::vector<Layer>& layers) {
  cv::parallel_for_({0, layers[0].share.rows}, [&](const cv::Range& rows) {
    for (int row = rows.start; row < rows.end; ++row)
      for (auto other = layers.begin() + 1; other < layers.end(); ++other)
        for (auto layer = layers.begin(); layer < other; ++layer)
          if (layer->ofFirst == other->ofFirst)
            mergeRow(layer->wayX.ptr<float>(row), layer->wayY.ptr<float>(row), layer->share.ptr<float>(row),
                     other->wayX.ptr<float>(row), other->wayY.ptr<float>(row), other->share.ptr<float>(row),
                     layer->share.cols);
  });
}

constexpr std::size_t kMaps = 3;  // of a layer

}  // namespace

Widening::Widening(int few, int many)
    : left_(static_cast<std::size_t>(many)), part_(left_.size()), widenRow_(plainWidenRow) {
  const float scale = static_cast<float>(few) / static_cast<float>(many);
  for (std::size_t x = 0; x < left_.size(); ++x) {
    const float at =
        std::clamp((static_cast<float>(x) + 0.5F) * scale - 0.5F, 0.0F, static_cast<float>(few - 1));
    left_[x] = std::min(static_cast<int>(at), std::max(0, few - 2));
    part_[x] = few > 1 ? at - static_cast<float>(left_[x]) : 0;
  }
  constexpr float kFastBelow = 0.67F;
  if (WidenRow* const fast = fastWidenRow(); fast && scale < kFastBelow) widenRow_ = fast;
}

std::vector<Layer> layersOf(const MotionAtTime& motion, double time, cv::Size size) {
  std::vector<Layer> layers;
  for (const Hypothesis& guess : motion.hypotheses)
    for (const bool ofFirst : {true, false}) layers.push_back(layerOf(guess, ofFirst, time, size));
  if (layers.empty()) return layers;
  merge(layers);
  std::erase_if(layers, [](const Layer& layer) { return !shows(layer.share); });
  return layers;
}

LayerRows::LayerRows(const std::vector<Layer>& layers, cv::Size frame) : layers_(layers) {
  if (layers.empty()) return;
  const cv::Size small = layers[0].share.size();
  scale_ = static_cast<float>(small.height) / static_cast<float>(frame.height);
  last_ = small.height - 1;
  widening_.emplace(small.width, frame.width);
  constexpr std::size_t kSpare = 7;
  narrow_.resize(static_cast<std::size_t>(small.width) + kSpare);
  for (cv::Mat& rows : wide_) rows.create(static_cast<int>(kMaps * layers.size()), frame.width, CV_32F);
}

const std::vector<RowOfLayer>& LayerRows::at(int y) {
  if (layers_.empty()) return rows_;
  const float at =
      std::clamp((static_cast<float>(y) + 0.5F) * scale_ - 0.5F, 0.0F, static_cast<float>(last_));
  const int above = static_cast<int>(at), below = std::min(above + 1, last_);
  bring(above);
  bring(below);
  rows_.clear();
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto row = [&](std::size_t map) {
      const int number = static_cast<int>(kMaps * i + map);
      return MapRow{wide_[above % 2].ptr<float>(number), wide_[below % 2].ptr<float>(number),
                    at - static_cast<float>(above)};
    };
    rows_.push_back({layers_[i].ofFirst, row(0), row(1), row(2)});
  }
  return rows_;
}

void LayerRows::bring(int row) {
  if (held_[row % 2] == row) return;
  held_[row % 2] = row;
  int number = 0;
  for (const Layer& layer : layers_)
    for (const cv::Mat* map : {&layer.wayX, &layer.wayY, &layer.share}) {
      std::copy_n(map->ptr<float>(row), map->cols, narrow_.data());
      widening_->widen(narrow_.data(), wide_[row % 2].ptr<float>(number++));
    }
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
