#pragma once
/// GIF and animated WebP, which need all frames at once and cannot be joined from segments. Private to
/// core/video.
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>

#include "core/video/writer.h"

namespace fw {

bool isAnimation(const std::filesystem::path& file);  ///< by its ending

/// Reads lossless segments and makes one GIF or WebP of them. `quality` as in EncodeSettings; `source` is
/// what they were made from. `loops`: 0 for ever, −1 once.
void encodeAnimation(std::span<const std::filesystem::path> segments, const VideoInfo& source,
                     const std::filesystem::path& output, int quality, int loops,
                     const std::function<void(double)>& onProgress, std::stop_token stop);

}  // namespace fw
