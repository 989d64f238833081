#pragma once
/// What a container and its first decoded picture say about a video. Private to core/video.
#include "core/video/ffmpeg.h"

namespace fw::ffmpeg {

/// The stream a person means by "the video": FFmpeg's best, cover pictures left aside. Throws Error when
/// there is none.
int videoStream(const Input& input, const std::filesystem::path& file);

/// How a decoded picture must be turned to stand upright.
struct Orientation {
  int rotation = 0;       ///< clockwise: 0, 90, 180, 270
  bool mirrored = false;  ///< left and right exchanged, before turning
};
Orientation orientationOf(const int32_t* displayMatrix);

/// All but what needs decoded pictures. Reads through small files to count and time their frames exactly.
VideoInfo describe(Input& input, int stream, const std::filesystem::path& file);
/// Adds what only a decoded picture tells for certain; `first` is the first one.
void describePicture(VideoInfo& info, const AVFrame& first, const Orientation& orientation);

}  // namespace fw::ffmpeg
