#include "core/data/blob_dataset.h"

#include <cstdio>

namespace fw {
namespace {

constexpr uint64_t kEventSeed = 123;

uint64_t seedOf(int64_t video) { return kEventSeed + 1000 * static_cast<uint64_t>(video); }

}  // namespace

BlobDataset::BlobDataset(int64_t side, int64_t stride)
    : side_(side), blobs_(originalBlobs()), totals_(blobs_.size()) {
  const auto split = originalTrainingSplit();
  for (std::size_t i = 0; i < blobs_.size(); i += static_cast<std::size_t>(stride)) {
    totals_[i] = eventTotals(blobs_[i], side, seedOf(static_cast<int64_t>(i))).to(torch::kByte);
    (split[i] ? training_ : heldOut_).push_back(static_cast<int64_t>(i));
  }
}

torch::Tensor BlobDataset::frames(std::span<const int64_t> videos) const {
  std::vector<Blob> chosen;
  for (const auto video : videos) chosen.push_back(blobs_[static_cast<std::size_t>(video)]);
  return blobFrames(chosen, side_);
}

torch::Tensor BlobDataset::totals(std::span<const int64_t> videos) const {
  std::vector<torch::Tensor> chosen;
  for (const auto video : videos) chosen.push_back(totals_[static_cast<std::size_t>(video)]);
  return torch::stack(chosen).unsqueeze(1).to(torch::kFloat);
}

torch::Tensor BlobDataset::events(int64_t video) const {
  return eventFrames(blobs_[static_cast<std::size_t>(video)], side_, seedOf(video));
}

torch::Tensor BlobDataset::newEvents(int64_t video, uint64_t dice) const {
  const auto counted = eventFrames(blobs_[static_cast<std::size_t>(video)], side_, dice);
  return torch::cat({counted.slice(0, 0, 1), counted.slice(0, 1) - counted.slice(0, 0, kBlobFrames - 1)});
}

torch::Tensor BlobDataset::newEvents(int64_t video) const { return newEvents(video, seedOf(video)); }

torch::Tensor BlobDataset::expectedTotals(std::span<const int64_t> videos) const {
  return expectedRest(videos, 0);
}

torch::Tensor BlobDataset::expectedRest(std::span<const int64_t> videos, int64_t first) const {
  std::vector<Blob> chosen;
  for (const auto video : videos) chosen.push_back(blobs_[static_cast<std::size_t>(video)]);
  return blobProbabilities(chosen, side_).slice(1, first).sum(1, true);
}

std::string BlobDataset::describe(int64_t video) const {
  const auto& blob = blobs_[static_cast<std::size_t>(video)];
  char text[96];
  std::snprintf(text, sizeof text, "video %d: %.1f px a frame, radius %.1f, peak %.2f",
                static_cast<int>(video), blob.speed, blob.radius, blob.peak);
  return text;
}

}  // namespace fw
