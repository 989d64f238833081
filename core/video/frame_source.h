#pragma once
/// The kinds of things that can be read as a video. Private to core/video.
#include <memory>
#include <span>

#include "core/video/video.h"

namespace fw {

class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual const VideoInfo& info() const = 0;
  virtual std::optional<Frame> next() = 0;
  virtual void seekTo(int64_t pts) = 0;
  virtual int64_t damagedPackets() const = 0;
  virtual bool clockJumped() const { return false; }
};

/// Anything FFmpeg decodes.
std::unique_ptr<FrameSource> openStream(const std::filesystem::path& file, const ReadOptions& options);
/// FFmpeg 5 to 7 cannot decode animated WebP; null when `file` is none.
std::unique_ptr<FrameSource> openAnimatedWebp(const std::filesystem::path& file, const ReadOptions& options);
std::unique_ptr<FrameSource> openPictures(std::span<const std::filesystem::path> pictures,
                                          const ReadOptions& options);

/// Pixels more than this are no video but an attack or a mistake: 16384 × 8192.
inline constexpr int64_t kMostPixels = int64_t{1} << 27;

/// The size after scaling down to at most `maxHeight` (0: as it is), proportions kept.
cv::Size fitHeight(int width, int height, int maxHeight);

}  // namespace fw
