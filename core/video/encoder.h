#pragma once
/// From a person's settings to an opened encoder. Private to core/video.
#include "core/video/colour.h"
#include "core/video/writer.h"

namespace fw::ffmpeg {

/// The layout in which `codec` stores pictures like the source's, as large as given.
AVPixelFormat storedFormat(const EncodeSettings& settings, const VideoInfo& like, int width, int height);

/// The colour tags of the result. Untagged stays untagged where players guess the same for it as for the
/// source.
Colour storedColour(const VideoInfo& like, AVCodecID codec, AVPixelFormat format, int width, int height);
/// The matrix that pictures are really converted with, whether it is written down or guessed.
AVColorSpace workingMatrix(const VideoInfo& like, const Colour& stored);

/// Throws Error when this build of FFmpeg lacks the encoder or the encoder refuses.
Codec openEncoder(const EncodeSettings& settings, const VideoFormat& format, bool globalHeader);

}  // namespace fw::ffmpeg
