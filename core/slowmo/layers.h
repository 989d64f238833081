#pragma once
#include <opencv2/core.hpp>
#include <optional>
#include <vector>

#include "core/base/fast_loop.h"
#include "core/slowmo/flow_at_time.h"

/// What a made frame is put together from, row by row.
namespace fw {

/// Turns a row of a map into one at the frame's width: each number lies `part` of the way from in[left] on to
/// the next. `in` goes on for seven numbers more than are asked for.
using WidenRow = void(const float* in, const int* left, const float* part, int count, float* out);
/// For AVX2, null on other processors; for rows that become wider by half at least. Four times as fast: what
/// compilers make of the plain loop gathers number by number.
WidenRow* fastWidenRow();

/// Where each of many columns lies between the few of a map, as cv::resize has it.
class Widening {
 public:
  Widening(int few, int many);
  /// `row` has room for seven numbers more than its few.
  void widen(const float* row, float* out) const {
    widenRow_(row, left_.data(), part_.data(), static_cast<int>(left_.size()), out);
  }

 private:
  std::vector<int> left_;
  std::vector<float> part_;
  WidenRow* widenRow_;
};

/// One of the frames, moved: how far from itself each pixel reads it, in the frame's pixels, and how much of
/// it is shown. CV_32FC1, at the reduced size.
struct Layer {
  bool ofFirst = false;
  cv::Mat wayX, wayY, share;
};

/// Guesses that read a pixel at the same place show it once, with the shares of all.
std::vector<Layer> layersOf(const MotionAtTime& motion, double time, cv::Size size);

/// A row of the frame lies between two rows of a map: `part` of the way from `above` to `below`.
struct MapRow {
  const float *above, *below;
  float part;

  float operator[](int x) const { return above[x] + part * (below[x] - above[x]); }
};

/// What of a layer a row of the frame needs.
struct RowOfLayer {
  bool ofFirst;
  MapRow wayX, wayY, share;
};

/// The layers' rows at the size of the frame, asked for from above to below: of each map the two rows around
/// are there, which stay in a near cache.
class LayerRows {
 public:
  LayerRows(const std::vector<Layer>& layers, cv::Size frame);
  /// Valid until the next one is asked for.
  const std::vector<RowOfLayer>& at(int y);

 private:
  void bring(int row);

  const std::vector<Layer>& layers_;
  float scale_ = 0;
  int last_ = 0;  ///< row of a map
  std::optional<Widening> widening_;
  std::vector<float> narrow_;
  cv::Mat wide_[2];  ///< even and odd rows, three of each layer
  int held_[2] = {-1, -1};
  std::vector<RowOfLayer> rows_;
};

/// A frame with a rim of repeated pixels, so that whatever is read near its edge is there.
struct RimmedFrame {
  explicit RimmedFrame(const cv::Mat& frame);
  template <class Sample>
  const Sample* at(int x, int y) const {
    return reinterpret_cast<const Sample*>(origin + y * step) + 3 * x;
  }

  cv::Mat source, whole;
  const uchar* origin;
  std::ptrdiff_t step;
};

constexpr int kLayerRun =
    64;  ///< pixels worked on together: what is known of them stays in the nearest cache
constexpr float kInvisible = 1.0F / 512;  ///< shares of less change nothing

/// The layer's shares of a run that begins at `start`, taken off the rest. False when none of them shows.
FW_INLINE bool takeShares(const MapRow& shares, int start, int count, float* share, float* rest) {
  int visible = 0;
  for (int i = 0; i < count; ++i) {
    share[i] = shares[start + i];
    visible |= share[i] > kInvisible;
  }
  if (visible == 0) return false;
  for (int i = 0; i < count; ++i) rest[i] -= share[i];
  return true;
}

/// Fills row `y` of the image with the layers and, where their shares leave something, the fade of both
/// frames.
using RenderRow = void(const RimmedFrame& first, const RimmedFrame& second,
                       const std::vector<RowOfLayer>& layers, float time, int y, cv::Mat& image);
/// For images of 8 or 16 bit; `sharp` reads with cubic interpolation.
RenderRow* rowRenderer(int depth, bool sharp);
/// For 8 bit on processors that have AVX2, null on others: at least twice as fast, to a fraction of a level
/// the same. It counts a frame's bytes in an int.
RenderRow* fastRowRenderer(bool sharp);

}  // namespace fw
