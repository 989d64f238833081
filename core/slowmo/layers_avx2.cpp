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

// A register holds pixels as 16-bit blue, green and red. Rows and layers are weighed with 15 bits.
constexpr int kOne = 32767;

FW_AVX2 __m256i twice(__m128i half) { return _mm256_broadcastsi128_si256(half); }

// Of what is not negative; std::lround would be called for each pixel by itself.
FW_AVX2 int rounded(float value) {
  constexpr float kHalf = 0.5F;
  return static_cast<int>(value + kHalf);
}

// What `Sum` wants to know of a run's pixels: where they read, how far beyond that pixel, how much is shown.
template <class Sum>
FW_AVX2 void placeMoved(const RowOfLayer& layer, const float* share, cv::Point start, cv::Size size, int step,
                        int count, typename Sum::Reads& reads) {
  const auto lastX = static_cast<float>(size.width - 1), lastY = static_cast<float>(size.height - 1);
  for (int i = 0; i < count; ++i) {
    const float x = std::clamp(static_cast<float>(start.x + i) + layer.wayX[start.x + i], 0.0F, lastX);
    const float y = std::clamp(static_cast<float>(start.y) + layer.wayY[start.x + i], 0.0F, lastY);
    const int left = static_cast<int>(x), top = static_cast<int>(y);
    reads.offset[i] = top * step + 3 * left;
    reads.weigh(i, x - static_cast<float>(left), y - static_cast<float>(top), rounded(share[i] * kOne));
  }
}

/// The safer mix of a run: both frames as they are, and how much of it is shown.
struct Fade {
  const uchar *first, *second;  // of the run's first pixel
  int16_t part;                 // of the second, to kOne
  int share[kLayerRun];         // nothing beyond the run
};

FW_AVX2 void placeFade(const RimmedFrame& first, const RimmedFrame& second, float time, const float* rest,
                       cv::Point start, int count, Fade& fade) {
  fade.first = first.at<uchar>(start.x, start.y);
  fade.second = second.at<uchar>(start.x, start.y);
  fade.part = static_cast<int16_t>(rounded(time * kOne));
  for (int i = 0; i < count; ++i) fade.share[i] = std::max(0, rounded(rest[i] * kOne));
  for (int i = count; i < kLayerRun; ++i) fade.share[i] = 0;
}

// In what unit both have, the first one faded into the second.
FW_AVX2 __m256i faded(__m256i first, __m256i second, int16_t part) {
  return _mm256_add_epi16(first,
                          _mm256_mulhrs_epi16(_mm256_sub_epi16(second, first), _mm256_set1_epi16(part)));
}

/// Two neighbours each way, four pixels at a time.
class Linear {
 public:
  struct Reads {
    int offset[kLayerRun];  // of the pixel to the upper left, in bytes
    int across[kLayerRun], above[kLayerRun], below[kLayerRun];

    FW_AVX2 void weigh(int i, float toRight, float down, int share) {
      const int right = rounded(toRight * kAcross);
      across[i] = (kAcross - right) | (right << 8);
      below[i] = rounded(down * static_cast<float>(share));
      above[i] = share - below[i];
    }
  };

  FW_AVX2 void clear() { std::fill_n(sum_, kLayerRun / kGroup, _mm256_setzero_si256()); }

  FW_AVX2 void add(const RimmedFrame& frame, Reads& reads, int count) {
    for (int i = count; i % kGroup != 0; ++i) {
      reads.offset[i] = reads.offset[count - 1];
      reads.across[i] = reads.above[i] = reads.below[i] = 0;
    }
    for (int i = 0; i < count; i += kGroup) {
      const int* offset = reads.offset + i;
      const __m256i across = forSamples(reads.across + i), above = forSamples(reads.above + i),
                    below = forSamples(reads.below + i);
      const auto sum = [&](const auto& row) FW_AVX2 {
        return _mm256_add_epi16(
            _mm256_mulhrs_epi16(_mm256_maddubs_epi16(row(frame.origin), across), above),
            _mm256_mulhrs_epi16(_mm256_maddubs_epi16(row(frame.origin + frame.step), across), below));
      };
      const __m256i moved = sideBySide(offset)
                                ? sum([&](const uchar* origin) FW_AVX2 { return together(origin + *offset); })
                                : sum([&](const uchar* origin) FW_AVX2 { return apart(origin, offset); });
      sum_[i / kGroup] = _mm256_add_epi16(sum_[i / kGroup], moved);
    }
  }

  FW_AVX2 void addFade(const Fade& fade, int count) {
    const __m256i across = _mm256_set1_epi16(kAcross);
    const auto four = [&](const uchar* from) FW_AVX2 {
      const __m128i apart = _mm_set_epi8(-1, 11, 10, 9, -1, 8, 7, 6, -1, 5, 4, 3, -1, 2, 1, 0);
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
      return _mm256_mullo_epi16(_mm256_cvtepu8_epi16(_mm_shuffle_epi8(bytes, apart)), across);
    };
    for (int i = 0; i < count; i += kGroup) {
      const __m256i both = faded(four(fade.first + 3 * i), four(fade.second + 3 * i), fade.part);
      sum_[i / kGroup] =
          _mm256_add_epi16(sum_[i / kGroup], _mm256_mulhrs_epi16(both, forSamples(fade.share + i)));
    }
  }

  FW_AVX2 void store(int count, uchar* out) const {
    const __m256i scale = _mm256_set1_epi16((kOne + 1 + kAcross / 2) / kAcross);
    const __m256i together = _mm256_set_epi8(-1, -1, -1, -1, 6, 5, 4, 2, 1, 0, -1, -1, -1, -1, -1, -1, -1, -1,
                                             -1, -1, -1, -1, -1, -1, -1, -1, 6, 5, 4, 2, 1, 0);
    for (int i = 0; i < count; i += kGroup) {
      const __m256i samples = _mm256_mulhrs_epi16(sum_[i / kGroup], scale);
      const __m256i halves = _mm256_shuffle_epi8(_mm256_packus_epi16(samples, samples), together);
      const __m128i bytes = _mm_or_si128(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
      if (i + kGroup <= count)
        std::memcpy(out + 3 * i, &bytes, 3 * kGroup);
      else
        std::memcpy(out + 3 * i, &bytes, 3 * static_cast<std::size_t>(count - i));
    }
  }

 private:
  static constexpr int kGroup = 4;
  static constexpr int kAcross = 127;  // what both neighbours' weights, signed bytes, add up to

  // What moves alike nearly everywhere.
  FW_AVX2 static bool sideBySide(const int* offset) {
    const __m128i four = _mm_loadu_si128(reinterpret_cast<const __m128i*>(offset));
    const __m128i steps = _mm_sub_epi32(four, _mm_shuffle_epi32(four, 0));
    return _mm_movemask_epi8(_mm_cmpeq_epi32(steps, _mm_set_epi32(9, 6, 3, 0))) == 0xFFFF;
  }

  // Blue, green and red of four pixels, each beside that of the pixel to its right.
  FW_AVX2 static __m256i together(const uchar* from) {
    const __m256i five = twice(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    return _mm256_shuffle_epi8(five, _mm256_set_epi8(-1, -1, 14, 11, 13, 10, 12, 9, -1, -1, 11, 8, 10, 7, 9,
                                                     6, -1, -1, 8, 5, 7, 4, 6, 3, -1, -1, 5, 2, 4, 1, 3, 0));
  }
  FW_AVX2 static __m256i apart(const uchar* origin, const int* offset) {
    const __m256i pairs = twice(_mm_set_epi8(-1, -1, 13, 10, 12, 9, 11, 8, -1, -1, 5, 2, 4, 1, 3, 0));
    const __m256i neighbours =
        _mm256_set_epi64x(eightBytes(origin + offset[3]), eightBytes(origin + offset[2]),
                          eightBytes(origin + offset[1]), eightBytes(origin + offset[0]));
    return _mm256_shuffle_epi8(neighbours, pairs);
  }

  FW_AVX2 static int64_t eightBytes(const uchar* from) {
    int64_t bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    return bytes;
  }

  // The low 16 bits of four numbers, each for all samples of its pixel.
  FW_AVX2 static __m256i forSamples(const int* four) {
    const __m256i spread = twice(_mm_set_epi8(9, 8, 9, 8, 9, 8, 9, 8, 1, 0, 1, 0, 1, 0, 1, 0));
    const __m128i numbers = _mm_loadu_si128(reinterpret_cast<const __m128i*>(four));
    return _mm256_shuffle_epi8(_mm256_cvtepu32_epi64(numbers), spread);
  }

  __m256i sum_[kLayerRun / kGroup];
};

// For both halves of 32 bits: a register is filled with those straight from memory.
constexpr int twice(int number) {
  return static_cast<int>(static_cast<unsigned>(number & 0xffff) * 0x10001U);
}

/// The weights of four neighbours for positions between the middle two, as the cubic of Catmull and Rom has
/// them.
struct CubicWeights {
  static constexpr int kPositions = 256;
  alignas(32) int16_t across[kPositions + 1][16];  // of blue, green and red of four pixels
  int down[kPositions + 1][4];                     // twice() each

  CubicWeights() : across{} {
    constexpr double kA = -0.5;
    for (int i = 0; i <= kPositions; ++i) {
      const double part = static_cast<double>(i) / kPositions, before = part + 1, rest = 1 - part;
      const double first = ((kA * before - 5 * kA) * before + 8 * kA) * before - 4 * kA,
                   second = ((kA + 2) * part - (kA + 3)) * part * part + 1,
                   third = ((kA + 2) * rest - (kA + 3)) * rest * rest + 1;
      const double all[] = {first, second, third, 1 - first - second - third};
      for (int k = 0; k < 4; ++k) {
        const auto weight = static_cast<int16_t>(std::lround(all[k] * kOne));
        std::fill_n(across[i] + 3 * k, 3, weight);
        down[i][k] = twice(weight);
      }
    }
  }
};

/// Four neighbours each way, a pixel at a time: its sum holds the four columns until all layers are in it.
class Cubic {
 public:
  struct Reads {
    int offset[kLayerRun];  // of the second pixel in the second row of those that are read
    int right[kLayerRun], below[kLayerRun], share[kLayerRun];

    FW_AVX2 void weigh(int i, float toRight, float down, int shown) {
      right[i] = rounded(toRight * CubicWeights::kPositions);
      below[i] = rounded(down * CubicWeights::kPositions);
      share[i] = shown;
    }
  };

  FW_AVX2 void clear() { std::fill_n(sum_, kLayerRun, _mm256_setzero_si256()); }

  FW_AVX2 void add(const RimmedFrame& frame, const Reads& reads, int count) {
    static const CubicWeights weights;
    for (int i = 0; i < count; ++i) {
      const int* down = weights.down[reads.below[i]];
      const uchar* corner = frame.origin + reads.offset[i] - frame.step - 3;
      const auto weighed = [&](int n) FW_AVX2 {
        return _mm256_mulhrs_epi16(row(corner + n * frame.step), _mm256_set1_epi32(down[n]));
      };
      const __m256i moved = _mm256_add_epi16(_mm256_add_epi16(weighed(0), weighed(1)),
                                             _mm256_add_epi16(weighed(2), weighed(3)));
      const auto* columns = reinterpret_cast<const __m256i*>(weights.across[reads.right[i]]);
      const __m256i across =
          _mm256_mulhrs_epi16(_mm256_load_si256(columns), _mm256_set1_epi32(twice(reads.share[i])));
      sum_[i] = _mm256_add_epi16(sum_[i], _mm256_mulhrs_epi16(moved, across));
    }
  }

  // The first column's.
  FW_AVX2 void addFade(const Fade& fade, int count) {
    const __m128i apart = _mm_set_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 2, -1, 1, -1, 0);
    const auto one = [&](const uchar* from) FW_AVX2 {
      int bytes;
      std::memcpy(&bytes, from, sizeof(bytes));
      return _mm_slli_epi16(_mm_shuffle_epi8(_mm_cvtsi32_si128(bytes), apart), kBits);
    };
    for (int i = 0; i < count; ++i) {
      const __m128i first = one(fade.first + 3 * i), second = one(fade.second + 3 * i);
      const __m128i both =
          _mm_add_epi16(first, _mm_mulhrs_epi16(_mm_sub_epi16(second, first), _mm_set1_epi16(fade.part)));
      const __m128i shown = _mm_mulhrs_epi16(both, _mm_set1_epi16(static_cast<int16_t>(fade.share[i])));
      sum_[i] = _mm256_add_epi16(sum_[i], _mm256_zextsi128_si256(shown));
    }
  }

  FW_AVX2 void store(int count, uchar* out) const {
    for (int i = 0; i < count; ++i) {
      const __m128i low = _mm256_castsi256_si128(sum_[i]), high = _mm256_extracti128_si256(sum_[i], 1);
      const __m128i second = _mm_srli_si128(low, 6), third = _mm_alignr_epi8(high, low, 12),
                    fourth = _mm_srli_si128(high, 2);
      const __m128i all = _mm_add_epi16(_mm_add_epi16(low, second), _mm_add_epi16(third, fourth));
      const __m128i levels = _mm_srai_epi16(_mm_add_epi16(all, _mm_set1_epi16(1 << (kBits - 1))), kBits);
      const int bytes = _mm_cvtsi128_si32(_mm_packus_epi16(levels, levels));
      std::memcpy(out + 3 * i, &bytes, 3);
    }
  }

 private:
  static constexpr int kBits = 6;  // below a level; what the cubic overshoots needs the others

  FW_AVX2 static __m256i row(const uchar* from) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return _mm256_slli_epi16(_mm256_cvtepu8_epi16(bytes), kBits);
  }

  __m256i sum_[kLayerRun];
};

template <class Sum>
FW_AVX2 void renderRow(const RimmedFrame& first, const RimmedFrame& second,
                       const std::vector<RowOfLayer>& layers, float time, int y, cv::Mat& image) {
  typename Sum::Reads reads;
  Fade fade;
  Sum sum;
  float share[kLayerRun], rest[kLayerRun];
  const int step = static_cast<int>(first.step);
  for (int x = 0; x < image.cols; x += kLayerRun) {
    const int count = std::min(kLayerRun, image.cols - x);
    sum.clear();
    std::fill_n(rest, count, 1.0F);
    for (const RowOfLayer& layer : layers) {
      if (!takeShares(layer.share, x, count, share, rest)) continue;
      placeMoved<Sum>(layer, share, {x, y}, image.size(), step, count, reads);
      sum.add(layer.ofFirst ? first : second, reads, count);
    }
    placeFade(first, second, time, rest, {x, y}, count, fade);
    sum.addFade(fade, count);
    sum.store(count, image.ptr(y) + 3 * x);
  }
}

FW_AVX2 void widenRow(const float* in, const int* left, const float* part, int count, float* out) {
  constexpr int kEight = 8;
  int x = 0;
  for (; x + kEight <= count; x += kEight) {
    const __m256 near = _mm256_loadu_ps(in + left[x]);
    const __m256i at = _mm256_sub_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(left + x)),
                                        _mm256_set1_epi32(left[x]));
    const __m256 here = _mm256_permutevar8x32_ps(near, at),
                 next = _mm256_permutevar8x32_ps(near, _mm256_add_epi32(at, _mm256_set1_epi32(1)));
    const __m256 way = _mm256_mul_ps(_mm256_loadu_ps(part + x), _mm256_sub_ps(next, here));
    _mm256_storeu_ps(out + x, _mm256_add_ps(here, way));
  }
  for (; x < count; ++x) out[x] = in[left[x]] + part[x] * (in[left[x] + 1] - in[left[x]]);
}

}  // namespace

WidenRow* fastWidenRow() { return __builtin_cpu_supports("avx2") ? widenRow : nullptr; }

RenderRow* fastRowRenderer(bool sharp) {
  if (!__builtin_cpu_supports("avx2")) return nullptr;
  return sharp ? renderRow<Cubic> : renderRow<Linear>;
}

}  // namespace fw

#else

fw::WidenRow* fw::fastWidenRow() { return nullptr; }
fw::RenderRow* fw::fastRowRenderer(bool) { return nullptr; }

#endif
