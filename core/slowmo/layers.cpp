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
    constexpr float kFastBelow = 0.67F;
    if (WidenRow* const fast = fastWidenRow(); fast && scale < kFastBelow) widenRow_ = fast;
  }

  cv::Mat widened(const cv::Mat& map) const {
    constexpr int kSpare = 7;
    cv::Mat wide(map.rows, static_cast<int>(left_.size()), CV_32F);
    std::vector<float> row(static_cast<std::size_t>(map.cols + kSpare));
    for (int y = 0; y < map.rows; ++y) {
      std::copy_n(map.ptr<float>(y), map.cols, row.data());
      widenRow_(row.data(), left_.data(), part_.data(), wide.cols, wide.ptr<float>(y));
    }
    return wide;
  }

 private:
  std::vector<int> left_;
  std::vector<float> part_;
  WidenRow* widenRow_ = plainWidenRow;
};

/// A layer at the size of its maps.
struct Sheet {
  bool ofFirst;
  cv::Mat wayX, wayY, share;  // CV_32FC1; ways in the frame's pixels
};

FW_FAST_LOOP void wayRow(const float* motion, const float* bend, float part, cv::Size2f scale, int count,
                         float* x, float* y) {
  for (int i = 0; i < count; ++i) {
    x[i] = scale.width * (part * motion[2 * i] + bend[2 * i]);
    y[i] = scale.height * (part * motion[2 * i + 1] + bend[2 * i + 1]);
  }
}

Sheet sheetOf(const Hypothesis& guess, bool ofFirst, double time, cv::Size size) {
  const cv::Mat& share = ofFirst ? guess.firstShare : guess.secondShare;
  const auto part = static_cast<float>(ofFirst ? -time : 1 - time);
  const cv::Size2f scale(static_cast<float>(size.width) / static_cast<float>(share.cols),
                         static_cast<float>(size.height) / static_cast<float>(share.rows));
  Sheet sheet{ofFirst, cv::Mat(share.size(), CV_32F), cv::Mat(share.size(), CV_32F), share.clone()};
  const cv::Mat straight = cv::Mat::zeros(guess.bend.empty() ? 1 : 0, share.cols, CV_32FC2);
  for (int row = 0; row < share.rows; ++row)
    wayRow(guess.motion.ptr<float>(row),
           guess.bend.empty() ? straight.ptr<float>() : guess.bend.ptr<float>(row), part, scale, share.cols,
           sheet.wayX.ptr<float>(row), sheet.wayY.ptr<float>(row));
  return sheet;
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
void merge(std::vector<Sheet>& sheets) {
  cv::parallel_for_({0, sheets[0].share.rows}, [&](const cv::Range& rows) {
    for (int row = rows.start; row < rows.end; ++row)
      for (auto other = sheets.begin() + 1; other < sheets.end(); ++other)
        for (auto sheet = sheets.begin(); sheet < other; ++sheet)
          if (sheet->ofFirst == other->ofFirst)
            mergeRow(sheet->wayX.ptr<float>(row), sheet->wayY.ptr<float>(row), sheet->share.ptr<float>(row),
                     other->wayX.ptr<float>(row), other->wayY.ptr<float>(row), other->share.ptr<float>(row),
                     sheet->share.cols);
  });
}

// On as many threads as there are.
template <class Work>
void forEach(std::size_t count, const Work& work) {
  cv::parallel_for_({0, static_cast<int>(count)}, [&](const cv::Range& range) {
    for (int i = range.start; i < range.end; ++i) work(static_cast<std::size_t>(i));
  });
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
  if (guesses.empty()) return {};
  std::vector<Sheet> sheets(2 * guesses.size());
  forEach(sheets.size(), [&](std::size_t i) { sheets[i] = sheetOf(guesses[i / 2], i % 2 == 0, time, size); });
  merge(sheets);
  std::erase_if(sheets, [](const Sheet& sheet) { return !shows(sheet.share); });
  const Widening widening(motion.confidence.cols, size.width);
  std::vector<Layer> layers(sheets.size());
  forEach(sheets.size(), [&](std::size_t i) {
    const auto wide = [&](const cv::Mat& map) { return EnlargedMap(widening.widened(map), size.height); };
    layers[i] = {sheets[i].ofFirst, wide(sheets[i].wayX), wide(sheets[i].wayY), wide(sheets[i].share)};
  });
  return layers;
}

std::vector<RowOfLayer> rowsOf(const std::vector<Layer>& layers, int y) {
  std::vector<RowOfLayer> rows;
  rows.reserve(layers.size());
  for (const Layer& layer : layers)
    rows.push_back({layer.ofFirst, layer.wayX.row(y), layer.wayY.row(y), layer.share.row(y)});
  return rows;
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
