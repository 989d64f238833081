#pragma once
#include "core/video/video.h"

namespace fw {

/// How the result is compressed. What a codec or container cannot do is an Error when the writer is made.
struct EncodeSettings {
  std::string codec = "h264";    ///< h264, h265, av1, vp9, prores, ffv1, gif, webp
  int quality = 18;              ///< CRF-like, 0 (lossless where possible) … 51
  std::string speed = "medium";  ///< slow, medium, fast
  int bitDepth = 8;              ///< 8 or 10
  int threads = 0;
  int loops = 0;  ///< GIF and WebP: 0 = for ever
};

/// What the frames are, apart from their pixels. `like` the source: its colour tags, range, chroma siting and
/// pixel aspect are carried over.
struct VideoFormat {
  int width = 0, height = 0;
  Rational frameRate;  ///< nominal, for the container; timestamps rule
  Rational timeBase;   ///< of the pts handed to write()
  VideoInfo like;
};

/// What segment files for assemble() should end in: MP4 or MOV inside, whichever takes the codec, because
/// they keep timestamps exactly (Matroska works too but rounds to milliseconds). Segments of a GIF or WebP
/// are written with "ffv1".
inline constexpr const char* kSegmentEnding = ".segment";

/// True when this build of FFmpeg has an encoder for it.
bool canEncode(const std::string& codec);
/// True when such a video stores its colours with fewer pixels than the source has (4:2:0 of 4:4:4). Pictures
/// and GIFs, which are all RGB, are not asked for their colours' sake.
bool coarsensColour(const EncodeSettings& settings, const VideoInfo& source, int width, int height);

/// Encodes frames into a video-only file whose kind follows from its ending: a whole result, or one closed
/// segment of it. Every frame, original or made, takes the same colour path. Frames must come with rising
/// pts. Pictures with odd sides keep their true size: H.264 and H.265 then store full-resolution colour
/// (4:4:4).
class VideoWriter {
 public:
  VideoWriter(const std::filesystem::path& file, const EncodeSettings&, const VideoFormat&);
  ~VideoWriter();  ///< without finish(): the unfinished file is removed
  VideoWriter(VideoWriter&&) noexcept;
  VideoWriter& operator=(VideoWriter&&) noexcept;

  void write(const cv::Mat& image, int64_t pts, int64_t duration);  ///< 8- or 16-bit BGR
  void write(const Frame& frame, int64_t pts,
             int64_t duration);  ///< uses frame.original where that loses nothing
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Pictures one by one: "name_000001.png" … in a folder, whose name they have unless another is given. PNG
/// and TIFF keep 16 bit.
class ImageSequenceWriter {
 public:
  ImageSequenceWriter(const std::filesystem::path& folder, const std::string& format, int64_t firstNumber,
                      const std::string& stem = {});
  void write(const cv::Mat& image);

 private:
  std::filesystem::path folder_;
  std::string stem_, format_;
  int64_t next_;
};

}  // namespace fw
