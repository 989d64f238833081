#include "core/video/video.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/video/frame_source.h"

namespace fs = std::filesystem;

namespace fw {
namespace {

std::unique_ptr<FrameSource> open(const fs::path& file, const ReadOptions& options) {
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) {
    auto source = openPictures(picturesIn(file), options);
    return source;
  }
  if (auto webp = openAnimatedWebp(file, options)) return webp;
  return openStream(file, options);
}

}  // namespace

cv::Size fitHeight(int width, int height, int maxHeight) {
  if (maxHeight <= 0 || height <= maxHeight) return {width, height};
  const double scale = static_cast<double>(maxHeight) / height;
  return {std::max(1, static_cast<int>(std::lround(width * scale))), maxHeight};
}

struct VideoReader::State {
  std::unique_ptr<FrameSource> source;
  VideoInfo info;
};

VideoReader::VideoReader(const fs::path& file, const ReadOptions& options)
    : state_(std::make_unique<State>()) {
  state_->source = open(file, options);
  state_->info = state_->source->info();
  state_->info.file = file;
}

VideoReader::VideoReader(std::span<const fs::path> pictures, const ReadOptions& options)
    : state_(std::make_unique<State>()) {
  state_->source = openPictures(pictures, options);
  state_->info = state_->source->info();
}

VideoReader::~VideoReader() = default;
VideoReader::VideoReader(VideoReader&&) noexcept = default;
VideoReader& VideoReader::operator=(VideoReader&&) noexcept = default;

const VideoInfo& VideoReader::info() const { return state_->info; }

std::optional<Frame> VideoReader::next() { return state_->source->next(); }

void VideoReader::seekTo(int64_t pts) { state_->source->seekTo(pts); }

void VideoReader::seek(double seconds) {
  const double ticks = std::max(0.0, seconds) / std::max(1e-12, state_->info.timeBase.value());
  // A moment computed from a frame's own time must not fall just short of that frame.
  constexpr double kRoundingSlack = 1e-6;
  const double most = 9e15;
  seekTo(state_->info.startPts + static_cast<int64_t>(std::floor(
                                     std::min(most, ticks * (1 + kRoundingSlack * 1e-3) + kRoundingSlack))));
}

int64_t VideoReader::damagedPackets() const { return state_->source->damagedPackets(); }
bool VideoReader::clockJumped() const { return state_->source->clockJumped(); }

VideoInfo probe(const fs::path& file, const ReadOptions& options) {
  return VideoReader(file, options).info();
}

}  // namespace fw
