#include "core/slowmo/layers.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#define FW_AVX2 __attribute__((target("avx2")))

namespace fw {
namespace {

// Two neighbours are weighed with 7 bits, rows and layers with 15; sums stay in 16 bits throughout.
constexpr int kAcross = 127, kDown = 32767;
constexpr int kGroup =
    4;  // pixels in a register: blue, green, red and a sample that does not matter, 16 bits each

struct Reads {
  int offset[kLayerRun];  // of the upper left neighbour, in bytes
  uint32_t across[kLayerRun];
  int above[kLayerRun], below[kLayerRun];
};

FW_AVX2 int grouped(int count) { return (count + kGroup - 1) / kGroup * kGroup; }

// The last group is filled up with its last pixel.
FW_AVX2 void fillUp(Reads& reads, int count) {
  for (int i = count; i < grouped(count); ++i) {
    reads.offset[i] = reads.offset[count - 1];
    reads.across[i] = reads.across[count - 1];
    reads.above[i] = reads.above[count - 1];
    reads.below[i] = reads.below[count - 1];
  }
}

FW_AVX2 void placeMoved(const MapRow& wayX, const MapRow& wayY, float part, const float* share,
                        cv::Point start, cv::Size size, int step, int count, Reads& reads) {
  const auto lastX = static_cast<float>(size.width - 1), lastY = static_cast<float>(size.height - 1);
  for (int i = 0; i < count; ++i) {
    const float x = std::clamp(static_cast<float>(start.x + i) + part * wayX[start.x + i], 0.0F, lastX);
    const float y = std::clamp(static_cast<float>(start.y) + part * wayY[start.x + i], 0.0F, lastY);
    const int left = static_cast<int>(x), top = static_cast<int>(y);
    const int right = static_cast<int>((x - static_cast<float>(left)) * kAcross + 0.5F);
    const float lower = (y - static_cast<float>(top)) * share[i];
    reads.offset[i] = top * step + 3 * left;
    reads.across[i] = static_cast<uint32_t>((kAcross - right) | (right << 8));
    reads.above[i] = static_cast<int>((share[i] - lower) * kDown + 0.5F);
    reads.below[i] = static_cast<int>(lower * kDown + 0.5F);
  }
  fillUp(reads, count);
}

FW_AVX2 void placeStill(const float* share, float part, cv::Point start, int step, int count, Reads& reads) {
  for (int i = 0; i < count; ++i) {
    reads.offset[i] = start.y * step + 3 * (start.x + i);
    reads.across[i] = kAcross;
    reads.above[i] = static_cast<int>(std::max(0.0F, share[i]) * part * kDown + 0.5F);
    reads.below[i] = 0;
  }
  fillUp(reads, count);
}

FW_AVX2 __m256i fourPairs(const uchar* origin, const int* offset) {
  const auto pair = [=](int i) {
    int64_t bytes;
    std::memcpy(&bytes, origin + offset[i], sizeof(bytes));
    return bytes;
  };
  return _mm256_set_epi64x(pair(3), pair(2), pair(1), pair(0));
}

// The low 16 bits of four numbers, each for the four samples of its pixel.
FW_AVX2 __m256i forSamples(const void* four) {
  const __m256i spread = _mm256_set_epi8(9, 8, 9, 8, 9, 8, 9, 8, 1, 0, 1, 0, 1, 0, 1, 0, 9, 8, 9, 8, 9, 8, 9,
                                         8, 1, 0, 1, 0, 1, 0, 1, 0);
  return _mm256_shuffle_epi8(_mm256_cvtepu32_epi64(_mm_loadu_si128(static_cast<const __m128i*>(four))),
                             spread);
}

FW_AVX2 void add(const RimmedFrame& frame, const Reads& reads, int count, __m256i* sum) {
  const __m256i neighbours = _mm256_set_epi8(-1, -1, 13, 10, 12, 9, 11, 8, -1, -1, 5, 2, 4, 1, 3, 0, -1, -1,
                                             13, 10, 12, 9, 11, 8, -1, -1, 5, 2, 4, 1, 3, 0);
  for (int i = 0; i < count; i += kGroup) {
    const __m256i across = forSamples(reads.across + i);
    const auto row = [&](const uchar* origin) FW_AVX2 {
      const __m256i pairs = _mm256_shuffle_epi8(fourPairs(origin, reads.offset + i), neighbours);
      return _mm256_maddubs_epi16(pairs, across);
    };
    const __m256i above = _mm256_mulhrs_epi16(row(frame.origin), forSamples(reads.above + i)),
                  below = _mm256_mulhrs_epi16(row(frame.origin + frame.step), forSamples(reads.below + i));
    sum[i / kGroup] = _mm256_add_epi16(sum[i / kGroup], _mm256_add_epi16(above, below));
  }
}

FW_AVX2 void store(const __m256i* sum, int count, uchar* out) {
  const __m256i scale = _mm256_set1_epi16((kDown + 1 + kAcross / 2) / kAcross);
  const __m256i together = _mm256_set_epi8(-1, -1, -1, -1, 6, 5, 4, 2, 1, 0, -1, -1, -1, -1, -1, -1, -1, -1,
                                           -1, -1, -1, -1, -1, -1, -1, -1, 6, 5, 4, 2, 1, 0);
  for (int i = 0; i < count; i += kGroup) {
    const __m256i samples = _mm256_mulhrs_epi16(sum[i / kGroup], scale);
    const __m256i halves = _mm256_shuffle_epi8(_mm256_packus_epi16(samples, samples), together);
    const __m128i bytes = _mm_or_si128(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
    if (i + kGroup <= count)
      std::memcpy(out + 3 * i, &bytes, 3 * kGroup);
    else
      std::memcpy(out + 3 * i, &bytes, static_cast<std::size_t>(3 * (count - i)));
  }
}

FW_AVX2 void renderRow(const RimmedFrame& first, const RimmedFrame& second, const std::vector<Layer>& layers,
                       float time, int y, cv::Mat& image) {
  Reads reads;
  __m256i sum[kLayerRun / kGroup];
  float share[kLayerRun], rest[kLayerRun];
  const int step = static_cast<int>(first.step);
  for (int x = 0; x < image.cols; x += kLayerRun) {
    const int count = std::min(kLayerRun, image.cols - x);
    std::fill_n(sum, kLayerRun / kGroup, _mm256_setzero_si256());
    std::fill_n(rest, count, 1.0F);
    for (const Layer& layer : layers) {
      const MapRow shares = layer.share.row(y);
      int visible = 0;
      for (int i = 0; i < count; ++i) {
        share[i] = shares[x + i];
        visible |= share[i] > kInvisible;
      }
      if (visible == 0) continue;
      for (int i = 0; i < count; ++i) rest[i] -= share[i];
      placeMoved(layer.wayX.row(y), layer.wayY.row(y), layer.part, share, {x, y}, image.size(), step, count,
                 reads);
      add(layer.ofFirst ? first : second, reads, count, sum);
    }
    placeStill(rest, 1 - time, {x, y}, step, count, reads);  // the safer mix
    add(first, reads, count, sum);
    placeStill(rest, time, {x, y}, step, count, reads);
    add(second, reads, count, sum);
    store(sum, count, image.ptr(y) + 3 * x);
  }
}

}  // namespace

RenderRow* fastRowRenderer() { return __builtin_cpu_supports("avx2") ? renderRow : nullptr; }

}  // namespace fw

#else

fw::RenderRow* fw::fastRowRenderer() { return nullptr; }

#endif
