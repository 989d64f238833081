#pragma once
#include <vector>

#include "core/data/between_sample.h"
#include "core/data/short_clips.h"

namespace fw {

/// Every frame of some clips between its two neighbours, split by blocks of time: neighbours in time are so
/// alike that a random split would test on what was trained on. No training triplet shares a frame with a
/// held-out one.
class ClipTriplets {
 public:
  explicit ClipTriplets(std::vector<ShortClip> clips);

  std::size_t trainingCount() const { return training_.size(); }
  std::size_t heldOutCount() const { return heldOut_.size(); }
  BetweenSample training(std::size_t index) const { return sample(training_[index]); }
  BetweenSample heldOut(std::size_t index) const { return sample(heldOut_[index]); }
  /// Indices of at most `most` held-out triplets, evenly spread over all of them.
  std::vector<std::size_t> heldOutSpread(std::size_t most) const;
  /// "windmill.mp4, frame 12"
  std::string heldOutName(std::size_t index) const;
  /// A random square of a random training triplet, perhaps mirrored or backwards.
  BetweenSample crop(int side, Random& random) const;

 private:
  struct Place {
    std::size_t clip, middle;
  };
  BetweenSample sample(Place place) const;
  std::vector<ShortClip> clips_;
  std::vector<Place> training_, heldOut_;
};

}  // namespace fw
