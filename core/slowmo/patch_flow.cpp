#include "core/slowmo/patch_flow.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "core/base/both_ways.h"
#include "core/base/fast_loop.h"
#include "core/slowmo/nearby_motion.h"

#pragma GCC diagnostic ignored "-Wpsabi"  // no vector is ever handed to a function: all are inlined

namespace fw {
namespace {

using Vector = cv::Vec2f;
using Level = PatchPicture::Level;

constexpr int kPatch = 8, kPixels = kPatch * kPatch;
constexpr int kRim = PatchPicture::kRim;
constexpr int kSmallestSide = 2 * kPatch;
constexpr int kStride = 4;  // pixels from patch to patch

const float* at(const cv::Mat& rimmed, int x, int y) { return rimmed.ptr<float>(y + kRim) + x + kRim; }

// Not step1(): a call into another library for every patch.
FW_INLINE std::ptrdiff_t stepOf(const Level& level) {
  return static_cast<std::ptrdiff_t>(level.grey.step[0] / sizeof(float));
}

// A row of a patch.
using Eight = float __attribute__((vector_size(kPatch * sizeof(float))));

FW_INLINE Eight loaded(const float* from) {
  Eight eight;
  std::memcpy(&eight, from, sizeof(eight));
  return eight;
}

FW_INLINE void addTo(float* into, const Eight& eight) {
  const Eight sum = loaded(into) + eight;
  std::memcpy(into, &sum, sizeof(sum));
}

FW_INLINE float total(const Eight& e) {
  return ((e[0] + e[4]) + (e[2] + e[6])) + ((e[1] + e[5]) + (e[3] + e[7]));
}

// Where a patch reads the other picture: whole pixels, and how far beyond them.
struct Reading {
  const float* origin;
  std::ptrdiff_t step;
  float right, below;
  int x, y;     // the upper left pixel
  bool inside;  // the whole patch lies in the picture
};

FW_INLINE Reading readingAt(const Level& level, float x, float y) {
  constexpr float kBeyond = kPatch;
  const auto width = static_cast<float>(level.size.width), height = static_cast<float>(level.size.height);
  const float nearX = std::clamp(x, -kBeyond, width), nearY = std::clamp(y, -kBeyond, height);
  const float left = std::floor(nearX), top = std::floor(nearY);
  const bool inside = x >= 0 && y >= 0 && x <= width - kBeyond && y <= height - kBeyond;
  const int column = static_cast<int>(left), row = static_cast<int>(top);
  return {at(level.grey, column, row), stepOf(level), nearX - left, nearY - top, column, row, inside};
}

FW_INLINE Eight readAcross(const Reading& from, int row) {
  const float* in = from.origin + row * from.step;
  const Eight here = loaded(in);
  return here + from.right * (loaded(in + 1) - here);
}

// What a patch of the one picture is found again by.
struct Patch {
  const float *grey, *slopeX, *slopeY;
  std::ptrdiff_t step;
  float sumX = 0, sumY = 0;  // of the slopes
  // Of the matrix of their products; 0 where there is nothing to hold on to.
  float inverseXX = 0, inverseXY = 0, inverseYY = 0;
};

FW_INLINE Patch patchAt(const Level& level, int x, int y) {
  Patch patch{at(level.grey, x, y), at(level.slopeX, x, y), at(level.slopeY, x, y), stepOf(level)};
  Eight sumX{}, sumY{}, xx{}, xy{}, yy{};
  for (int row = 0; row < kPatch; ++row) {
    const Eight slopeX = loaded(patch.slopeX + row * patch.step),
                slopeY = loaded(patch.slopeY + row * patch.step);
    sumX += slopeX;
    sumY += slopeY;
    xx += slopeX * slopeX;
    xy += slopeX * slopeY;
    yy += slopeY * slopeY;
  }
  patch.sumX = total(sumX);
  patch.sumY = total(sumY);
  const float a = total(xx) - patch.sumX * patch.sumX / kPixels,
              b = total(xy) - patch.sumX * patch.sumY / kPixels,
              c = total(yy) - patch.sumY * patch.sumY / kPixels;
  constexpr float kFlat = 1e-3F;
  const float determinant = a * c - b * b;
  if (determinant > kFlat) {
    patch.inverseXX = c / determinant;
    patch.inverseXY = -b / determinant;
    patch.inverseYY = a / determinant;
  }
  return patch;
}

struct Fit {
  float difference;      // sum of squares, less what a change of brightness explains
  float alongX, alongY;  // of differences times slopes, likewise
};

// A pixel whose counterpart lies beyond the rim counts `kUnknown`: less than what does not fit, more than
// what does.
template <bool Inside>
FW_INLINE Fit compare(const Patch& patch, const Reading& reading, cv::Size size) {
  constexpr float kUnknown = 400;  // squared grey levels
  Eight above = readAcross(reading, 0), sum{}, squares{}, alongX{}, alongY{}, known{}, sumX{}, sumY{};
  Eight seen = Eight{} + 1;
  if constexpr (!Inside)
    for (int i = 0; i < kPatch; ++i) seen[i] = reading.x + i >= 0 && reading.x + i < size.width ? 1.0F : 0.0F;
  for (int row = 0; row < kPatch; ++row) {
    const Eight below = readAcross(reading, row + 1);
    const std::ptrdiff_t at = row * patch.step;
    const Eight slopeX = loaded(patch.slopeX + at), slopeY = loaded(patch.slopeY + at);
    Eight difference = above + reading.below * (below - above) - loaded(patch.grey + at);
    above = below;
    if constexpr (!Inside) {
      if (reading.y + row < 0 || reading.y + row >= size.height) continue;
      difference *= seen;
      known += seen;
      sumX += seen * slopeX;
      sumY += seen * slopeY;
    }
    sum += difference;
    squares += difference * difference;
    alongX += difference * slopeX;
    alongY += difference * slopeY;
  }
  if constexpr (Inside) {
    const float mean = total(sum) / kPixels;
    return {total(squares) - mean * mean * kPixels, total(alongX) - mean * patch.sumX,
            total(alongY) - mean * patch.sumY};
  }
  const float count = total(known), mean = total(sum) / std::max(1.0F, count);
  return {total(squares) - mean * mean * count + kUnknown * (kPixels - count),
          total(alongX) - mean * total(sumX), total(alongY) - mean * total(sumY)};
}

// Near enough for going downhill to do the rest.
FW_INLINE bool same(const Vector& one, const Vector& other) {
  constexpr float kPixels = 0.1F;
  const Vector apart = one - other;
  return apart.dot(apart) < kPixels * kPixels;
}

/// The search from one picture to the other at one size.
class Search {
 public:
  Search(const Level& from, const Level& to, const cv::Mat& coarser)
      : from_(from),
        to_(to),
        columns_(countOf(from.size.width)),
        rows_(countOf(from.size.height)),
        motions_(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_)) {
    if (coarser.empty())
      lookAround();
    else
      startFrom(coarser);
  }

  FW_FAST_LOOP void fromNeighbours(Scan scan);
  /// What was found in the other direction is offered to the patches that it led to.
  FW_FAST_LOOP void fromOtherWay(const std::vector<Vector>& theirs);
  FW_FAST_LOOP cv::Mat dense() const;
  const std::vector<Vector>& motions() const { return motions_; }

 private:
  // The last patch ends where the picture does.
  int countOf(int length) const { return 1 + (length - kPatch + kStride - 1) / kStride; }
  int left(int column) const { return std::min(column * kStride, from_.size.width - kPatch); }
  int top(int row) const { return std::min(row * kStride, from_.size.height - kPatch); }
  std::size_t index(int column, int row) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
           static_cast<std::size_t>(column);
  }
  bool has(int column, int row) const { return column >= 0 && row >= 0 && column < columns_ && row < rows_; }
  FW_INLINE Reading reading(int column, int row, const Vector& motion) const {
    return readingAt(to_, static_cast<float>(left(column)) + motion[0],
                     static_cast<float>(top(row)) + motion[1]);
  }
  FW_INLINE Fit fit(const Patch& patch, int column, int row, const Vector& motion) const {
    const Reading place = reading(column, row, motion);
    return place.inside ? compare<true>(patch, place, to_.size) : compare<false>(patch, place, to_.size);
  }
  FW_FAST_LOOP void lookAround();
  void startFrom(const cv::Mat& coarser);
  FW_INLINE void improve(int column, int row, const Vector* candidates, int count);

  const Level &from_, &to_;
  int columns_, rows_;
  std::vector<Vector> motions_;
};

// Downhill alone does not find a fast pan.
FW_FAST_LOOP void Search::lookAround() {
  constexpr int kReach = 4;
  for (int row = 0; row < rows_; ++row)
    for (int column = 0; column < columns_; ++column) {
      const Patch patch = patchAt(from_, left(column), top(row));
      float least = fit(patch, column, row, {0, 0}).difference;
      for (int y = -kReach; y <= kReach; ++y)
        for (int x = -kReach; x <= kReach; ++x) {
          const Vector motion(static_cast<float>(x), static_cast<float>(y));
          const float difference = fit(patch, column, row, motion).difference;
          if (!(difference < least)) continue;
          least = difference;
          motions_[index(column, row)] = motion;
        }
    }
}

void Search::startFrom(const cv::Mat& coarser) {
  for (int row = 0; row < rows_; ++row)
    for (int column = 0; column < columns_; ++column) {
      const int x = std::min((left(column) + kPatch / 2) / 2, coarser.cols - 1),
                y = std::min((top(row) + kPatch / 2) / 2, coarser.rows - 1);
      motions_[index(column, row)] = 2 * coarser.at<Vector>(y, x);
    }
}

// Takes the candidate that fits best, if one does better, and goes downhill from there.
FW_INLINE void Search::improve(int column, int row, const Vector* candidates, int count) {
  constexpr int kMostSteps = 16;
  constexpr float kStill = 0.02F, kFarthest = kPatch;  // pixels
  constexpr float kNoise = kPixels;                    // a grey level
  const Patch patch = patchAt(from_, left(column), top(row));
  Vector& best = motions_[index(column, row)];
  Fit now = fit(patch, column, row, best);
  const auto downhill = [&](const Fit& fit) {
    return Vector(patch.inverseXX * fit.alongX + patch.inverseXY * fit.alongY,
                  patch.inverseXY * fit.alongX + patch.inverseYY * fit.alongY);
  };
  const Vector nearby = downhill(now);
  if (now.difference < kNoise && nearby.dot(nearby) < kStill * kStill) return;
  for (int i = 0; i < count; ++i) {
    if (same(candidates[i], best)) continue;
    const Fit other = fit(patch, column, row, candidates[i]);
    if (!(other.difference < now.difference)) continue;
    now = other;
    best = candidates[i];
  }
  const Vector start = best;
  for (int step = 0; step < kMostSteps; ++step) {
    const Vector move = downhill(now);
    const Vector next = best - move, away = next - start;
    if (!(away.dot(away) < kFarthest * kFarthest)) return;
    const Fit there = fit(patch, column, row, next);
    if (!(there.difference < now.difference)) return;
    now = there;
    best = next;
    if (move.dot(move) < kStill * kStill) return;
  }
}

FW_FAST_LOOP void Search::fromNeighbours(Scan scan) {
  const auto visit = [&](int column, int row, int aside, int above) __attribute__((always_inline)) {
    Vector candidates[2];
    int count = 0;
    if (has(column + aside, row)) candidates[count++] = motions_[index(column + aside, row)];
    if (has(column, row + above)) candidates[count++] = motions_[index(column, row + above)];
    improve(column, row, candidates, count);
  };
  const int ahead = scan == Scan::FromLeft ? 1 : -1, last = columns_ - 1;
  for (int row = 0; row < rows_; ++row)
    for (int i = 0; i < columns_; ++i) visit(ahead > 0 ? i : last - i, row, -ahead, -1);
  for (int row = rows_ - 1; row >= 0; --row)
    for (int i = 0; i < columns_; ++i) visit(ahead > 0 ? last - i : i, row, ahead, 1);
}

FW_FAST_LOOP void Search::fromOtherWay(const std::vector<Vector>& theirs) {
  for (int row = 0; row < rows_; ++row)
    for (int column = 0; column < columns_; ++column) {
      const Vector back = -theirs[index(column, row)];
      const auto nearest = [](int start, float motion) {
        return static_cast<int>(
            std::lround((static_cast<float>(start) - motion) / static_cast<float>(kStride)));
      };
      const int landedColumn = nearest(left(column), back[0]), landedRow = nearest(top(row), back[1]);
      if (!has(landedColumn, landedRow) || same(back, motions_[index(landedColumn, landedRow)])) continue;
      improve(landedColumn, landedRow, &back, 1);
    }
}

// Each pixel takes the mean of the patches over it, those that look alike there the most.
FW_FAST_LOOP cv::Mat Search::dense() const {
  cv::Mat sumX = cv::Mat::zeros(from_.size, CV_32F), sumY = sumX.clone(), weights = sumX.clone();
  for (int row = 0; row < rows_; ++row)
    for (int column = 0; column < columns_; ++column) {
      const int x = left(column), y = top(row);
      const Vector motion = motions_[index(column, row)];
      const Reading other = reading(column, row, motion);
      Eight above = readAcross(other, 0);
      for (int line = 0; line < kPatch; ++line) {
        const Eight below = readAcross(other, line + 1);
        const Eight difference = above + other.below * (below - above) - loaded(at(from_.grey, x, y + line));
        const Eight square = difference * difference, weight = 1 / (square < 1 ? Eight{} + 1 : square);
        addTo(sumX.ptr<float>(y + line) + x, weight * motion[0]);
        addTo(sumY.ptr<float>(y + line) + x, weight * motion[1]);
        addTo(weights.ptr<float>(y + line) + x, weight);
        above = below;
      }
    }
  cv::Mat field;
  const cv::Mat mean[] = {sumX / weights, sumY / weights};
  cv::merge(mean, 2, field);
  return field;
}

}  // namespace

PatchPicture::PatchPicture(const cv::Mat& picture) {
  constexpr double kSobel = 1.0 / 8;  // one over what the kernel's halves sum to
  const auto rimmed = [](const cv::Mat& inner) {
    cv::Mat whole;
    cv::copyMakeBorder(inner, whole, kRim, kRim, kRim, kRim, cv::BORDER_REPLICATE);
    return whole;
  };
  cv::Mat grey;
  picture.convertTo(grey, CV_32F);
  for (;;) {
    cv::Mat slopeX, slopeY;
    cv::Sobel(grey, slopeX, CV_32F, 1, 0, 3, kSobel, 0, cv::BORDER_REPLICATE);
    cv::Sobel(grey, slopeY, CV_32F, 0, 1, 3, kSobel, 0, cv::BORDER_REPLICATE);
    levels_.push_back({grey.size(), rimmed(grey), rimmed(slopeX), rimmed(slopeY)});
    const cv::Size half((grey.cols + 1) / 2, (grey.rows + 1) / 2);
    if (std::min(half.width, half.height) < kSmallestSide) return;
    cv::Mat smaller;
    cv::resize(grey, smaller, half, 0, 0, cv::INTER_AREA);
    grey = smaller;
  }
}

PatchFlow patchFlow(const PatchPicture& first, const PatchPicture& second, Scan scan, bool twoThreads) {
  const auto &here = first.levels(), &there = second.levels();
  PatchFlow flow;
  for (std::size_t level = here.size(); level-- > 0;) {
    Search forward(here[level], there[level], flow.forward),
        backward(there[level], here[level], flow.backward);
    bothWays(
        twoThreads, [&] { forward.fromNeighbours(scan); }, [&] { backward.fromNeighbours(scan); });
    const auto found = forward.motions(), foundBack = backward.motions();
    const auto finish = [&](Search& search, const std::vector<Vector>& theirs, const Level& from,
                            const Level& to) {
      search.fromOtherWay(theirs);
      return motionOfNearby(search.dense(), from, to);
    };
    bothWays(
        twoThreads, [&] { flow.forward = finish(forward, foundBack, here[level], there[level]); },
        [&] { flow.backward = finish(backward, found, there[level], here[level]); });
  }
  return flow;
}

}  // namespace fw
