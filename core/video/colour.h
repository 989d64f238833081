#pragma once
/// One colour path for every frame: BGR to and from what codecs store. Private to core/video.
#include <opencv2/core.hpp>

#include "core/video/ffmpeg.h"

namespace fw::ffmpeg {

/// How a picture's numbers mean colours.
struct Colour {
  AVColorSpace matrix = AVCOL_SPC_UNSPECIFIED;
  AVColorRange range = AVCOL_RANGE_UNSPECIFIED;
  AVColorPrimaries primaries = AVCOL_PRI_UNSPECIFIED;
  AVColorTransferCharacteristic transfer = AVCOL_TRC_UNSPECIFIED;
  AVChromaLocation chroma = AVCHROMA_LOC_UNSPECIFIED;
};

Colour colourOf(const AVFrame& picture);
Colour colourOf(const VideoInfo& info);

/// Players take untagged video of standard definition for BT.601 and larger for BT.709; so do we, reading and
/// writing.
AVColorSpace matrixOrGuess(AVColorSpace tagged, int width, int height);
bool isFullRange(AVPixelFormat format, AVColorRange range);
/// The same layout without FFmpeg's old full-range aliases (yuvj420p and its like).
AVPixelFormat withoutRangeAlias(AVPixelFormat format);
int bitDepthOf(AVPixelFormat format);
bool hasAlpha(AVPixelFormat format);
/// What browsers show through transparent places. Of a BGRA picture, 8 or 16 bits a channel.
cv::Mat onWhite(const cv::Mat& bgra);

/// Scales and converts with swscale's accurate flags, and what most clips hold by arithmetic of our own;
/// keeps its tables between frames of one kind.
class Converter {
 public:
  /// `threads`: slices converted at once.
  explicit Converter(int threads = 1) : threads_(threads) {}

  /// Upright BGR of the wanted size, 8 or 16 bits a channel; what is transparent lies on white.
  cv::Mat toBgr(const AVFrame& picture, int width, int height, bool sixteenBit);
  /// `picture` has its format, size and colour set, and buffers to fill.
  void fromBgr(const cv::Mat& image, AVFrame& picture);
  /// Between two stored formats, for sources whose layout the encoder does not take.
  void convert(const AVFrame& from, AVFrame& to);

 private:
  struct Kind {
    int width = 0, height = 0;
    AVPixelFormat format = AV_PIX_FMT_NONE;
    AVColorSpace matrix = AVCOL_SPC_UNSPECIFIED;
    bool fullRange = false;
    AVChromaLocation chroma = AVCHROMA_LOC_UNSPECIFIED;
    bool operator==(const Kind&) const = default;
  };
  static Kind kindOf(const AVFrame& picture);
  void prepare(const Kind& from, const Kind& to);

  int threads_;
  Scaler scaler_;
  Kind from_, to_;
};

}  // namespace fw::ffmpeg
