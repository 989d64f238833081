#include "core/nn/swift_render.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

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

constexpr int kRowsAtOnce = 32;    // what a thread holds stays in its cache
constexpr int kTileOverlap = 128;  // as far as the network looks around

/// A [C,H,W] float tensor as an interleaved picture.
cv::Mat toMat(const torch::Tensor& tensor) {
  const auto interleaved = tensor.permute({1, 2, 0}).contiguous().cpu();
  return cv::Mat(static_cast<int>(tensor.size(1)), static_cast<int>(tensor.size(2)),
                 CV_32FC(static_cast<int>(tensor.size(0))), interleaved.data_ptr<float>())
      .clone();
}

FW_FAST_LOOP void mixRows(const float* above, const float* below, float share, float* out, int count) {
  for (int i = 0; i < count; ++i) out[i] = above[i] + share * (below[i] - above[i]);
}

FW_FAST_LOOP void addColumns(float* places, int columns) {
  for (int x = 0; x < columns; ++x) places[2 * x] += static_cast<float>(x);
}

template <class T>
[[gnu::always_inline]] inline void mixAny(const T* a, const T* b, const float* share, const float* extra,
                                          float full, T* out, int pixels) {
  for (int x = 0; x < pixels; ++x)
    for (int c = 0; c < 3; ++c) {
      const auto i = 3 * x + c;
      const float value = static_cast<float>(b[i]) +
                          share[x] * (static_cast<float>(a[i]) - static_cast<float>(b[i])) + full * extra[i];
      out[i] = static_cast<T>(std::min(std::max(value + 0.5f, 0.0f), full));
    }
}

/// The two sides disagree, and neither was clearly believed: a guess.
template <class T>
[[gnu::always_inline]] inline void doubtAny(const T* a, const T* b, const float* share, float full,
                                            uchar* out, int pixels) {
  constexpr float kDisagreement = 0.2f;  // of the full range: certainly not the same thing
  for (int x = 0; x < pixels; ++x) {
    float difference = 0;
    for (int c = 0; c < 3; ++c)
      difference += std::abs(static_cast<float>(a[3 * x + c]) - static_cast<float>(b[3 * x + c]));
    const float apart = std::min(1.0f, difference / (3.0f * full * kDisagreement));
    const float undecided = 4.0f * share[x] * (1.0f - share[x]);
    out[x] = static_cast<uchar>(255.0f * (1.0f - apart * (0.3f + 0.7f * undecided)));
  }
}

FW_FAST_LOOP void mixFrames(const uchar* a, const uchar* b, const float* share, const float* extra,
                            uchar* out, int pixels) {
  mixAny(a, b, share, extra, 255.0f, out, pixels);
}
FW_FAST_LOOP void mixFrames(const ushort* a, const ushort* b, const float* share, const float* extra,
                            ushort* out, int pixels) {
  mixAny(a, b, share, extra, 65535.0f, out, pixels);
}
FW_FAST_LOOP void doubt(const uchar* a, const uchar* b, const float* share, uchar* out, int pixels) {
  doubtAny(a, b, share, 255.0f, out, pixels);
}
FW_FAST_LOOP void doubt(const ushort* a, const ushort* b, const float* share, uchar* out, int pixels) {
  doubtAny(a, b, share, 65535.0f, out, pixels);
}

/// A small map read as if it were `factor` times larger: widened at once, heightened row by row.
class Enlarged {
 public:
  Enlarged(const cv::Mat& map, int factor) : factor_(static_cast<float>(factor)) {
    if (factor == 1)
      wide_ = map;
    else
      cv::resize(map, wide_, cv::Size(map.cols * factor, map.rows), 0, 0, cv::INTER_LINEAR);
  }
  void row(int y, float* out, int columns) const {
    const float at =
        std::clamp((static_cast<float>(y) + 0.5f) / factor_ - 0.5f, 0.0f, static_cast<float>(wide_.rows - 1));
    const int above = static_cast<int>(at), below = std::min(above + 1, wide_.rows - 1);
    mixRows(wide_.ptr<float>(above), wide_.ptr<float>(below), at - static_cast<float>(above), out,
            columns * wide_.channels());
  }

 private:
  cv::Mat wide_;
  float factor_;
};

struct Maps {
  Enlarged toFirst, toSecond, share, residual;
};

/// Where to look in the frame, for a few rows.
cv::Mat places(const Enlarged& flow, const cv::Range& rows, int columns) {
  cv::Mat map(rows.size(), columns, CV_32FC2);
  for (int y = rows.start; y < rows.end; ++y) {
    auto* row = map.ptr<float>(y - rows.start);
    flow.row(y, row, columns);
    for (int x = 0; x < columns; ++x) row[2 * x + 1] += static_cast<float>(y);
    addColumns(row, columns);
  }
  return map;
}

template <class T>
void renderRows(const cv::Mat& first, const cv::Mat& second, const Maps& maps, bool residual,
                const cv::Range& rows, SwiftFrame& frame, SwiftThoughts* thoughts) {
  const int columns = first.cols;
  const cv::Mat placesFirst = places(maps.toFirst, rows, columns),
                placesSecond = places(maps.toSecond, rows, columns);
  // Bilinear sampling blurs: cubic is worth about 0.3 dB on detailed pictures.
  cv::Mat a, b;
  cv::remap(first, a, placesFirst, cv::noArray(), cv::INTER_CUBIC, cv::BORDER_REPLICATE);
  cv::remap(second, b, placesSecond, cv::noArray(), cv::INTER_CUBIC, cv::BORDER_REPLICATE);
  std::vector<float> share(static_cast<std::size_t>(columns)),
      extra(static_cast<std::size_t>(3 * columns), 0.0f);
  for (int y = rows.start; y < rows.end; ++y) {
    const auto *p = a.ptr<T>(y - rows.start), *q = b.ptr<T>(y - rows.start);
    maps.share.row(y, share.data(), columns);
    if (residual) maps.residual.row(y, extra.data(), columns);
    mixFrames(p, q, share.data(), extra.data(), frame.image.ptr<T>(y), columns);
    doubt(p, q, share.data(), frame.confidence.ptr(y), columns);
    if (thoughts) std::copy(share.begin(), share.end(), thoughts->share.ptr<float>(y));
  }
  if (!thoughts) return;
  a.copyTo(thoughts->warpedFirst.rowRange(rows));
  b.copyTo(thoughts->warpedSecond.rowRange(rows));
  for (int y = rows.start; y < rows.end; ++y) {
    maps.toFirst.row(y, thoughts->flowToFirst.ptr<float>(y), columns);
    maps.toSecond.row(y, thoughts->flowToSecond.ptr<float>(y), columns);
  }
}

}  // namespace

SwiftPair::SwiftPair(const cv::Mat& first, const cv::Mat& second, const SwiftOptions& options)
    : first_(first), second_(second), options_(options) {
  const int grid = kSwiftGrid * options.reduction;
  const auto reduced = [&](const cv::Mat& frame) {
    const auto missing = [&](int length) { return (grid - length % grid) % grid; };
    cv::Mat padded, small;
    cv::copyMakeBorder(to8Bit(frame), padded, 0, missing(frame.rows), 0, missing(frame.cols),
                       cv::BORDER_REPLICATE);
    if (options.reduction == 1) return padded;
    cv::resize(padded, small, padded.size() / options.reduction, 0, 0, cv::INTER_AREA);
    return small;
  };
  smallFirst_ = reduced(first);
  smallSecond_ = reduced(second);
  flow_ = pairFlow(smallFirst_, smallSecond_, options.threads);
}

SwiftOutput SwiftPair::foreseen(SwiftNet& net, double time) const {
  auto whole = swiftInput(smallFirst_, smallSecond_, motionAt(flow_, time), time);
  for (auto* part : {&whole.first, &whole.second, &whole.flow, &whole.reach, &whole.time})
    *part = part->to(options_.device);
  const int width = smallFirst_.cols, height = smallFirst_.rows, tile = options_.tile;
  if (std::max(width, height) <= tile) return net->forward(whole, options_.type);

  SwiftOutput out{torch::Tensor(), torch::empty_like(whole.flow),
                  torch::empty({1, 1, height, width}, whole.first.options()), torch::empty_like(whole.first)};
  const int inner = (tile - 2 * kTileOverlap) / kSwiftGrid * kSwiftGrid;
  for (int y = 0; y < height; y += inner)
    for (int x = 0; x < width; x += inner) {
      const int x0 = std::max(0, x - kTileOverlap), x1 = std::min(width, x + inner + kTileOverlap);
      const int y0 = std::max(0, y - kTileOverlap), y1 = std::min(height, y + inner + kTileOverlap);
      const int right = std::min(width, x + inner), bottom = std::min(height, y + inner);
      const auto cut = [](const torch::Tensor& t, int fromY, int toY, int fromX, int toX, int scale) {
        return t.slice(2, fromY / scale, toY / scale).slice(3, fromX / scale, toX / scale);
      };
      const SwiftInput part{cut(whole.first, y0, y1, x0, x1, 1).contiguous(),
                            cut(whole.second, y0, y1, x0, x1, 1).contiguous(),
                            cut(whole.flow, y0, y1, x0, x1, 2).contiguous(),
                            cut(whole.reach, y0, y1, x0, x1, 2).contiguous(), whole.time};
      const auto made = net->forward(part, options_.type);
      const auto keep = [&](const torch::Tensor& from, torch::Tensor& to, int scale) {
        cut(to, y, bottom, x, right, scale).copy_(cut(from, y - y0, bottom - y0, x - x0, right - x0, scale));
      };
      keep(made.flow, out.flow, 2);
      keep(made.mask, out.mask, 1);
      keep(made.residual, out.residual, 1);
    }
  return out;
}

SwiftFrame SwiftPair::at(SwiftNet& net, double time, SwiftThoughts* thoughts) const {
  torch::InferenceMode inference;
  const auto output = foreseen(net, time);
  const int k = options_.reduction;
  const auto flow = output.flow[0] * static_cast<double>(k);
  const Maps maps{{toMat(flow.slice(0, 0, 2)), 2 * k},
                  {toMat(flow.slice(0, 2, 4)), 2 * k},
                  {toMat(output.mask[0]), k},
                  {options_.residual ? toMat(output.residual[0]) : cv::Mat::zeros(1, 1, CV_32FC3), k}};
  const auto size = first_.size();
  SwiftFrame frame{cv::Mat(size, first_.type()), cv::Mat(size, CV_8UC1)};
  if (thoughts)
    *thoughts = {cv::Mat(size, CV_32FC2), cv::Mat(size, CV_32FC2), cv::Mat(size, CV_32FC1),
                 cv::Mat(size, first_.type()), cv::Mat(size, first_.type())};
  const int bands = (size.height + kRowsAtOnce - 1) / kRowsAtOnce;
  cv::parallel_for_(cv::Range(0, bands), [&](const cv::Range& range) {
    for (int band = range.start; band < range.end; ++band) {
      const cv::Range rows(band * kRowsAtOnce, std::min(size.height, (band + 1) * kRowsAtOnce));
      if (first_.depth() == CV_16U)
        renderRows<ushort>(first_, second_, maps, options_.residual, rows, frame, thoughts);
      else
        renderRows<uchar>(first_, second_, maps, options_.residual, rows, frame, thoughts);
    }
  });
  return frame;
}

}  // namespace fw
