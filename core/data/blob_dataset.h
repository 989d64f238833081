#pragma once
#include <torch/torch.h>

#include <span>
#include <string>
#include <vector>

#include "core/data/blob_world.h"

namespace fw {

/// The original's thousand videos and its split, with events drawn from seed 123. Frames are computed when
/// asked for: a thousand videos would fill 2 GB.
class BlobDataset {
 public:
  /// Every `stride`-th video of the thousand; 1 takes all.
  explicit BlobDataset(int64_t side, int64_t stride = 1);

  int64_t side() const { return side_; }
  std::span<const int64_t> training() const { return training_; }
  std::span<const int64_t> heldOut() const { return heldOut_; }

  torch::Tensor frames(std::span<const int64_t> videos) const;  ///< [N, 30, side, side]
  torch::Tensor totals(std::span<const int64_t> videos) const;  ///< events counted, [N, 1, side, side]
  torch::Tensor events(int64_t video) const;  ///< counted up to each frame, [30, side, side]
  /// New events of each frame, the dice thrown anew: [30, side, side].
  torch::Tensor newEvents(int64_t video, uint64_t dice) const;
  /// Those of events(), frame by frame.
  torch::Tensor newEvents(int64_t video) const;
  /// Expected counts without the 8-bit steps: no network can know more. [N, 1, side, side]
  torch::Tensor expectedTotals(std::span<const int64_t> videos) const;
  /// Likewise of the frames from `first` on.
  torch::Tensor expectedRest(std::span<const int64_t> videos, int64_t first) const;
  std::string describe(int64_t video) const;  ///< "video 6: 1.6 px a frame, radius 16.6"

 private:
  int64_t side_;
  std::vector<Blob> blobs_;
  std::vector<torch::Tensor> totals_;  // bytes
  std::vector<int64_t> training_, heldOut_;
};

/// Counts of events are compared as the original did, divided by 255 as 8-bit pictures are.
constexpr double kCountScale = 255.0;

}  // namespace fw
