#include "core/slowmo/nearby_motion.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/base/fast_loop.h"

namespace fw {
namespace {

using Level = PatchPicture::Level;

constexpr int kReach = 3;   // pixels to the nearer places that are asked, twice that to the farther ones
constexpr int kWindow = 2;  // pixels on each side of one that are compared
constexpr int kTile = 28, kSide = kTile + 2 * kWindow;  // worked on together: stays in the nearest cache
constexpr int kRim = 2 * kReach + kWindow;
static_assert(kRim <= PatchPicture::kRim);

using Tile = float[kTile][kTile];
using Surrounded = float[kSide][kSide];  // a tile and what lies around it

// From a tile's surroundings on.
FW_INLINE const float* row(const cv::Mat& rimmed, int rim, cv::Point tile, int row) {
  return rimmed.ptr<float>(tile.y + row + rim - kWindow) + tile.x + rim - kWindow;
}

class Choice {
 public:
  Choice(const cv::Mat& motion, const Level& from, const Level& to)
      : from_(from), to_(to), chosen_(motion.clone()) {
    cv::Mat whole;
    cv::copyMakeBorder(motion, whole, kRim, kRim, kRim, kRim, cv::BORDER_REPLICATE);
    cv::split(whole, motion_);
  }

  cv::Mat chosen() {
    for (int y = 0; y < rowsLeft(0); y += kTile)
      for (int x = 0; x < columnsLeft(0); x += kTile) chooseInTile({x, y});
    return chosen_;
  }

 private:
  int columnsLeft(int x) const { return from_.size.width - x; }
  int rowsLeft(int y) const { return from_.size.height - y; }
  FW_FAST_LOOP void chooseInTile(cv::Point tile);
  FW_INLINE bool differs(cv::Point tile, cv::Point aside, cv::Size side) const;
  FW_INLINE void compare(cv::Point tile, cv::Point aside, cv::Size side, Surrounded& out) const;

  const Level &from_, &to_;
  cv::Mat motion_[2];  // right and down, rimmed
  cv::Mat chosen_;
};

// Where all around moves alike, there is nothing to choose.
FW_INLINE bool Choice::differs(cv::Point tile, cv::Point aside, cv::Size side) const {
  constexpr float kSame = 1;  // pixels
  int any = 0;
  for (int y = 0; y < side.height; ++y) {
    const float *ownX = row(motion_[0], kRim, tile, y), *otherX = row(motion_[0], kRim, tile + aside, y),
                *ownY = row(motion_[1], kRim, tile, y), *otherY = row(motion_[1], kRim, tile + aside, y);
    for (int i = 0; i < side.width; ++i) {
      const float right = otherX[i] - ownX[i], down = otherY[i] - ownY[i];
      any |= right * right + down * down > kSame * kSame;
    }
  }
  return any != 0;
}

// How much the pictures differ when a tile moves as what lies `aside` of it.
FW_INLINE void Choice::compare(cv::Point tile, cv::Point aside, cv::Size side, Surrounded& out) const {
  constexpr int kBeyond = PatchPicture::kRim;
  const auto lastX = static_cast<float>(to_.size.width - 1), lastY = static_cast<float>(to_.size.height - 1);
  const float* origin = to_.grey.ptr<float>(kBeyond) + kBeyond;
  const auto step = static_cast<int>(to_.grey.step1());
  const int ownX = tile.x - kWindow;
  for (int y = 0; y < side.height; ++y) {
    const float *right = row(motion_[0], kRim, tile + aside, y),
                *down = row(motion_[1], kRim, tile + aside, y), *grey = row(from_.grey, kBeyond, tile, y);
    const auto ownY = static_cast<float>(tile.y + y - kWindow);
    int offset[kSide];
    float partX[kSide], partY[kSide], seen[2][2][kSide];
    for (int i = 0; i < side.width; ++i) {
      const float atX = std::clamp(static_cast<float>(ownX + i) + right[i], 0.0F, lastX);
      const float atY = std::clamp(ownY + down[i], 0.0F, lastY);
      const int column = static_cast<int>(atX), line = static_cast<int>(atY);
      offset[i] = line * step + column;
      partX[i] = atX - static_cast<float>(column);
      partY[i] = atY - static_cast<float>(line);
    }
    for (int i = 0; i < side.width; ++i) {  // apart from the arithmetic, which then is done eight at a time
      const float* four = origin + offset[i];
      seen[0][0][i] = four[0];
      seen[0][1][i] = four[1];
      seen[1][0][i] = four[step];
      seen[1][1][i] = four[step + 1];
    }
    for (int i = 0; i < side.width; ++i) {
      const float above = seen[0][0][i] + partX[i] * (seen[0][1][i] - seen[0][0][i]),
                  below = seen[1][0][i] + partX[i] * (seen[1][1][i] - seen[1][0][i]);
      out[y][i] = std::abs(above + partY[i] * (below - above) - grey[i]);
    }
  }
}

// The mean of the surroundings, the nearest counting most: a Gaussian of one pixel.
FW_INLINE void spread(const Surrounded& in, cv::Size size, Tile& out) {
  constexpr float kHere = 0.40262F, kNext = 0.24420F, kFar = 0.05449F;
  float down[kSide];
  for (int y = 0; y < size.height; ++y) {
    const auto* at = in + y;
    for (int i = 0; i < size.width + 2 * kWindow; ++i)
      down[i] = kHere * at[2][i] + kNext * (at[1][i] + at[3][i]) + kFar * (at[0][i] + at[4][i]);
    for (int i = 0; i < size.width; ++i)
      out[y][i] = kHere * down[i + 2] + kNext * (down[i + 1] + down[i + 3]) + kFar * (down[i] + down[i + 4]);
  }
}

FW_FAST_LOOP void Choice::chooseInTile(cv::Point tile) {
  constexpr float kBetter = 0.5F;  // grey levels: noise is no reason
  constexpr float kWorthALook = 4;
  const cv::Size size(std::min(kTile, columnsLeft(tile.x)), std::min(kTile, rowsLeft(tile.y))),
      side(size.width + 2 * kWindow, size.height + 2 * kWindow);
  Surrounded differences;
  Tile least, now;
  compare(tile, {}, side, differences);
  spread(differences, size, least);
  int any = 0;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      least[y][x] -= kBetter;
      any |= least[y][x] > kWorthALook;
    }
  if (any == 0) return;
  for (const int away : {kReach, 2 * kReach})
    for (const cv::Point aside : {cv::Point(away, 0), {-away, 0}, {0, away}, {0, -away}}) {
      if (!differs(tile, aside, side)) continue;
      compare(tile, aside, side, differences);
      spread(differences, size, now);
      for (int y = 0; y < size.height; ++y) {
        const float *right = row(motion_[0], kRim, tile + aside, y + kWindow) + kWindow,
                    *down = row(motion_[1], kRim, tile + aside, y + kWindow) + kWindow;
        auto* out = chosen_.ptr<float>(tile.y + y) + 2 * tile.x;
        for (int x = 0; x < size.width; ++x) {
          const bool better = now[y][x] < least[y][x];
          least[y][x] = better ? now[y][x] : least[y][x];
          out[2 * x] = better ? right[x] : out[2 * x];
          out[2 * x + 1] = better ? down[x] : out[2 * x + 1];
        }
      }
    }
}

}  // namespace

cv::Mat motionOfNearby(const cv::Mat& motion, const Level& from, const Level& to) {
  return Choice(motion, from, to).chosen();
}

}  // namespace fw
