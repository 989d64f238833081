#include "core/data/frame_sequences.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/data/blob_world.h"
#include "core/data/moving_sprites.h"

namespace fw {
namespace {

constexpr uint64_t kHeldOutSeed =
    0x5eed'0000'0000;  // training seeds are drawn at random from 2⁶⁴: they do not meet these
constexpr int kSprites = 2;

std::vector<cv::Mat> blobVideo(const Blob& blob, int side, int first, int length) {
  const auto frames = (blobFrames({blob}, side)[0] * 255.0).round().to(torch::kByte).contiguous();
  std::vector<cv::Mat> pictures;
  for (int t = first; t < first + length; ++t)
    pictures.push_back(cv::Mat(side, side, CV_8UC1, frames[t].data_ptr<uint8_t>()).clone());
  return pictures;
}

std::vector<Blob> blobsOf(bool training) {
  auto all = originalBlobs();
  const auto split = originalTrainingSplit();
  std::vector<Blob> chosen;
  // A tiny blob is a dot that nothing can be seen of.
  for (std::size_t i = 0; i < all.size(); ++i)
    if (split[i] == training && all[i].radius > 3) chosen.push_back(all[i]);
  return chosen;
}

/// Where the held-out quarter of a clip begins.
std::size_t seam(const ShortClip& clip) { return clip.frames.size() - clip.frames.size() / 4; }

}  // namespace

FrameSequences FrameSequences::sprites(int side) {
  FrameSequences result;
  result.side_ = side;
  return result;
}

FrameSequences FrameSequences::blobs(int side) {
  FrameSequences result = sprites(side);
  result.kind_ = Kind::Blobs;
  return result;
}

FrameSequences FrameSequences::clips(std::vector<ShortClip> clips) {
  FrameSequences result;
  result.kind_ = Kind::Clips;
  result.clips_ = std::move(clips);
  return result;
}

int FrameSequences::channels() const { return kind_ == Kind::Clips ? 3 : 1; }

std::vector<cv::Mat> FrameSequences::training(int length, int side, Random& random) const {
  if (kind_ == Kind::Sprites) {
    Random sequence(random.bits());
    return movingSprites(length, side_, kSprites, sequence);
  }
  if (kind_ == Kind::Blobs) {
    static const auto blobs = blobsOf(true);
    const auto& blob = blobs[static_cast<std::size_t>(random.integer(0, std::ssize(blobs) - 1))];
    return blobVideo(blob, side_, static_cast<int>(random.integer(0, kBlobFrames - length)), length);
  }
  const auto& clip = clips_[static_cast<std::size_t>(random.integer(0, std::ssize(clips_) - 1))];
  const auto last = static_cast<int64_t>(seam(clip)) - length;
  if (last < 0)
    throw Error("The clip is too short", clip.name, "Choose a longer one, or predict from fewer frames.");
  const auto first = static_cast<std::size_t>(random.integer(0, last));
  const auto size = clip.frames.front().size();
  const cv::Size part(std::min(side, size.width), std::min(side, size.height));
  const cv::Rect window(static_cast<int>(random.integer(0, size.width - part.width)),
                        static_cast<int>(random.integer(0, size.height - part.height)), part.width,
                        part.height);
  std::vector<cv::Mat> frames;
  for (std::size_t i = first; i < first + static_cast<std::size_t>(length); ++i)
    frames.push_back(clip.frames[i](window).clone());
  return frames;
}

std::vector<cv::Mat> FrameSequences::heldOut(int length, std::size_t index) const {
  if (kind_ == Kind::Sprites) {
    Random sequence(kHeldOutSeed + index);
    return movingSprites(length, side_, kSprites, sequence);
  }
  if (kind_ == Kind::Blobs) {
    static const auto blobs = blobsOf(false);
    return blobVideo(blobs[index % blobs.size()], side_, static_cast<int>(index % 4), length);
  }
  const auto& clip = clips_[index % clips_.size()];
  const auto first = seam(clip);
  if (first + static_cast<std::size_t>(length) > clip.frames.size())
    throw Error("The clip is too short", clip.name,
                "Its last quarter is kept for testing and must have " + std::to_string(length) + " frames.");
  const auto room = clip.frames.size() - first - static_cast<std::size_t>(length);
  const auto from = first + (room == 0 ? 0 : (index / clips_.size()) * 5 % (room + 1));
  return {clip.frames.begin() + static_cast<std::ptrdiff_t>(from),
          clip.frames.begin() + static_cast<std::ptrdiff_t>(from) + length};
}

std::string FrameSequences::name(std::size_t index) const {
  if (kind_ == Kind::Clips)
    return clips_[index % clips_.size()].name + ", unseen part " + std::to_string(index / clips_.size() + 1);
  return "unseen sequence " + std::to_string(index + 1);
}

}  // namespace fw
