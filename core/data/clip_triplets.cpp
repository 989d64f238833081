#include "core/data/clip_triplets.h"

#include <algorithm>

#include "core/base/error.h"

namespace fw {

ClipTriplets::ClipTriplets(std::vector<ShortClip> clips) : clips_(std::move(clips)) {
  for (std::size_t c = 0; c < clips_.size(); ++c) {
    const auto frames = clips_[c].frames.size();
    // Ten blocks of a clip, shorter ones for very short clips; every fourth is held out.
    const std::size_t block = std::max<std::size_t>(3, frames / 10);
    const auto heldOut = [&](std::size_t frame) { return frame / block % 4 == 2; };
    for (std::size_t middle = 1; middle + 1 < frames; ++middle) {
      const bool before = heldOut(middle - 1), at = heldOut(middle), after = heldOut(middle + 1);
      if (before && at && after) heldOut_.push_back({c, middle});
      if (!before && !at && !after) training_.push_back({c, middle});
    }
  }
  if (training_.empty() || heldOut_.empty())
    throw Error("The clip is too short", clips_.empty() ? "no clip" : clips_.front().name,
                "A part of it must be kept for testing: choose a clip of a dozen frames or more.");
}

BetweenSample ClipTriplets::sample(Place place) const {
  const auto& frames = clips_[place.clip].frames;
  return {frames[place.middle - 1], frames[place.middle], frames[place.middle + 1], 0.5};
}

std::vector<std::size_t> ClipTriplets::heldOutSpread(std::size_t most) const {
  std::vector<std::size_t> indices(std::min(most, heldOut_.size()));
  for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = i * heldOut_.size() / indices.size();
  return indices;
}

std::string ClipTriplets::heldOutName(std::size_t index) const {
  const auto& place = heldOut_[index];
  return clips_[place.clip].name + ", frame " + std::to_string(place.middle + 1);
}

BetweenSample ClipTriplets::crop(int side, Random& random) const {
  auto whole = training(static_cast<std::size_t>(random.integer(0, std::ssize(training_) - 1)));
  const int width = std::min(side, whole.middle.cols), height = std::min(side, whole.middle.rows);
  const cv::Rect part(static_cast<int>(random.integer(0, whole.middle.cols - width)),
                      static_cast<int>(random.integer(0, whole.middle.rows - height)), width, height);
  const bool mirror = random.chance(0.5), backwards = random.chance(0.5);
  for (auto* frame : {&whole.first, &whole.middle, &whole.second}) {
    cv::Mat cut = (*frame)(part).clone();
    if (mirror) cv::flip(cut, cut, 1);
    *frame = cut;
  }
  if (backwards) std::swap(whole.first, whole.second);
  return whole;
}

}  // namespace fw
