#include "core/video/encoder.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <mutex>

#include "core/base/error.h"

extern "C" {
#include <libavutil/opt.h>
}

namespace fw::ffmpeg {
namespace {

enum class Speed { Slow, Medium, Fast };

Speed speedOf(const std::string& name) {
  if (name == "slow") return Speed::Slow;
  if (name == "medium") return Speed::Medium;
  if (name == "fast") return Speed::Fast;
  throw Error("Unknown encoding speed", name, "Choose slow, medium or fast.");
}

template <class T>
T bySpeed(Speed speed, T slow, T medium, T fast) {
  return speed == Speed::Slow ? slow : speed == Speed::Fast ? fast : medium;
}

/// H.264's scale of 0…51 on AV1's and VP9's of 0…63.
int onScaleOf63(int quality) { return std::min(63, static_cast<int>(std::lround(quality * 63.0 / 51.0))); }

bool isOdd(int width, int height) { return width % 2 != 0 || height % 2 != 0; }

/// SVT-AV1 takes even sides from 64 pixels on; libaom, slower, takes the rest.
bool fitsSvt(int width, int height) {
  constexpr int kSvtLeast = 64;
  return !isOdd(width, height) && width >= kSvtLeast && height >= kSvtLeast;
}

const char* encoderName(const std::string& codec, int width, int height) {
  if (codec == "h264") return "libx264";
  if (codec == "h265") return "libx265";
  if (codec == "av1")
    return fitsSvt(width, height) && avcodec_find_encoder_by_name("libsvtav1") ? "libsvtav1" : "libaom-av1";
  if (codec == "vp9") return "libvpx-vp9";
  if (codec == "prores") return "prores_ks";
  if (codec == "ffv1") return "ffv1";
  if (codec == "gif") return "gif";
  if (codec == "webp") return "libwebp_anim";
  return nullptr;
}

const AVPixFmtDescriptor* layoutOf(const VideoInfo& like) {
  return av_pix_fmt_desc_get(av_get_pix_fmt(like.pixelFormat.c_str()));
}

bool isRgb(const AVPixFmtDescriptor* layout) {
  return layout && (layout->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
}

enum class Chroma { Quarter, Half, Full };  // 4:2:0, 4:2:2, 4:4:4

Chroma chromaOf(const AVPixFmtDescriptor* layout) {
  if (!layout || layout->nb_components < 3) return Chroma::Quarter;
  if (isRgb(layout)) return Chroma::Full;
  if (layout->log2_chroma_h > 0) return layout->log2_chroma_w > 0 ? Chroma::Quarter : Chroma::Full;
  return layout->log2_chroma_w > 0 ? Chroma::Half : Chroma::Full;
}

AVPixelFormat planar(Chroma chroma, int bitDepth) {
  const bool deep = bitDepth > 8;
  switch (chroma) {
    case Chroma::Half:
      return deep ? AV_PIX_FMT_YUV422P10 : AV_PIX_FMT_YUV422P;
    case Chroma::Full:
      return deep ? AV_PIX_FMT_YUV444P10 : AV_PIX_FMT_YUV444P;
    default:
      return deep ? AV_PIX_FMT_YUV420P10 : AV_PIX_FMT_YUV420P;
  }
}

void silenceSvt() {
  static std::once_flag once;
  // SVT-AV1 prints a banner unless its environment variable says no; 0 overwrites nothing a person has set.
  std::call_once(once, [] { ::setenv("SVT_LOG", "0", 0); });
}

void setQuality(AVCodecContext& encoder, const EncodeSettings& settings, Options& options) {
  const Speed speed = speedOf(settings.speed);
  const std::string name = encoder.codec->name, quality = std::to_string(settings.quality);
  const bool lossless = settings.quality == 0;
  if (name == "libx264") {
    // A large part of a job's time is spent here. Measured on slow motion of 720p at quality 18, against
    // "veryfast": medium takes 55 % of its processor time for the same SSIM in files of −2 to +3 % its size,
    // fast 50 % for files a third larger. B-frames at fixed places are what makes the difference: frames in
    // between come at fixed places too, and looking for better ones costs time and bits.
    options.set("preset", bySpeed(speed, "slow", "superfast", "superfast"));
    options.set(lossless ? "qp" : "crf", quality);
    const std::string ours =
        bySpeed(speed, "", "b-adapt=0:mbtree=1:rc-lookahead=10:", "b-adapt=0:scenecut=0:");
    // With a lookahead thread of its own x264 takes a frame's duration from its neighbour or from the nominal
    // rate, whichever is there first: where the two differ the same frames give other bits from run to run.
    // Its AVX-512 code for mbtree reads memory that nobody wrote when a row is not a multiple of 16 blocks;
    // asking for the same bits on every processor avoids it, at no cost that we could measure.
    options.set("x264-params", ours + "sync-lookahead=0:cpu-independent=1");
  } else if (name == "libx265") {
    options.set("preset", bySpeed(speed, "slow", "fast", "ultrafast"));
    options.set("crf", quality);
    options.set("x265-params", std::string("log-level=none:open-gop=0") + (lossless ? ":lossless=1" : ""));
    encoder.codec_tag =
        MKTAG('h', 'v', 'c', '1');  // what Apple's players look for; other containers ignore it
  } else if (name == "libsvtav1") {
    silenceSvt();
    options.set("preset", bySpeed(speed, "5", "8", "11"));
    options.set("crf", std::to_string(std::max(1, onScaleOf63(settings.quality))));
  } else if (name == "libaom-av1") {
    options.set("crf", std::to_string(onScaleOf63(settings.quality)));
    options.set("cpu-used", bySpeed(speed, "4", "6", "8"));
    options.set("row-mt", "1");
  } else if (name == "libvpx-vp9") {
    options.set("crf", std::to_string(onScaleOf63(settings.quality)));
    if (lossless) options.set("lossless", "1");
    // Its quickest way costs 10-bit pictures 4 dB, and no quality asked for brings them back.
    const bool deep = bitDepthOf(encoder.pix_fmt) > 8;
    options.set("deadline", bySpeed(speed, "good", "good", deep ? "good" : "realtime"));
    options.set("cpu-used", bySpeed(speed, "1", "4", deep ? "5" : "7"));
    options.set("row-mt", "1");
  } else if (name == "prores_ks") {
    constexpr int kHq = 14, kStandard = 24, kLight = 34;  // up to these qualities, on H.264's scale
    const int flavour = settings.quality <= kHq         ? 3
                        : settings.quality <= kStandard ? 2
                        : settings.quality <= kLight    ? 1
                                                        : 0;
    const bool full = chromaOf(av_pix_fmt_desc_get(encoder.pix_fmt)) == Chroma::Full;
    options.set("profile", std::to_string(full ? 4 : flavour));
    options.set("vendor", "apl0");
  } else if (name == "ffv1") {
    options.set("level", "3");
    options.set("slicecrc", "1");
    options.set("coder", bitDepthOf(encoder.pix_fmt) > 8 ? "range_tab" : "rice");
  }
}

}  // namespace

AVPixelFormat storedFormat(const EncodeSettings& settings, const VideoInfo& like, int width, int height) {
  const AVPixFmtDescriptor* source = layoutOf(like);
  if (settings.codec == "ffv1") {
    if (isRgb(source)) return settings.bitDepth > 8 ? AV_PIX_FMT_GBRP10 : AV_PIX_FMT_BGR0;
    if (source && source->nb_components == 1)
      return settings.bitDepth > 8 ? AV_PIX_FMT_GRAY10 : AV_PIX_FMT_GRAY8;
    return planar(chromaOf(source), settings.bitDepth);
  }
  if (settings.codec == "prores")
    return planar(chromaOf(source) == Chroma::Full && !isRgb(source) ? Chroma::Full : Chroma::Half, 10);
  // Full-resolution colour plays nowhere near everywhere: it is kept only where a person asks for lossless.
  const bool knowsOther = settings.codec == "h264" || settings.codec == "h265" || settings.codec == "vp9";
  if (settings.quality == 0 && knowsOther) return planar(chromaOf(source), settings.bitDepth);
  const bool needsEven = settings.codec == "h264" || settings.codec == "h265";
  return planar(needsEven && isOdd(width, height) ? Chroma::Full : Chroma::Quarter, settings.bitDepth);
}

Colour storedColour(const VideoInfo& like, AVCodecID codec, AVPixelFormat format, int width, int height) {
  Colour colour = colourOf(like);
  const AVPixFmtDescriptor* stored = av_pix_fmt_desc_get(format);
  if (isRgb(stored))
    return {AVCOL_SPC_RGB, AVCOL_RANGE_JPEG, colour.primaries, colour.transfer, AVCHROMA_LOC_UNSPECIFIED};
  if (isRgb(layoutOf(like)) || colour.matrix == AVCOL_SPC_RGB)
    return {AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, AVCOL_PRI_BT709, AVCOL_TRC_BT709, AVCHROMA_LOC_LEFT};
  const bool sideways = like.rotation == 90 || like.rotation == 270;
  const AVColorSpace meant =
      matrixOrGuess(colour.matrix, sideways ? like.height : like.width, sideways ? like.width : like.height);
  if (colour.matrix == AVCOL_SPC_UNSPECIFIED && meant != matrixOrGuess(AVCOL_SPC_UNSPECIFIED, width, height))
    colour.matrix = meant;
  // It has no place to say "full": whatever reads it takes it for limited.
  if (codec == AV_CODEC_ID_PRORES) colour.range = AVCOL_RANGE_MPEG;
  if (!stored || (stored->log2_chroma_w == 0 && stored->log2_chroma_h == 0))
    colour.chroma = AVCHROMA_LOC_UNSPECIFIED;
  return colour;
}

AVColorSpace workingMatrix(const VideoInfo& like, const Colour& stored) {
  const bool sideways = like.rotation == 90 || like.rotation == 270;
  return matrixOrGuess(stored.matrix, sideways ? like.height : like.width,
                       sideways ? like.width : like.height);
}

Codec openEncoder(const EncodeSettings& settings, const VideoFormat& format, bool globalHeader) {
  const char* name = encoderName(settings.codec, format.width, format.height);
  if (!name)
    throw Error("Unknown codec", settings.codec, "Choose h264, h265, av1, vp9, prores, ffv1, gif or webp.");
  const AVCodec* codec = avcodec_find_encoder_by_name(name);
  if (!codec)
    throw Error("This build of FFmpeg has no encoder for " + settings.codec, name,
                "Install it or choose another codec.");
  if (settings.bitDepth != 8 && settings.bitDepth != 10)
    throw Error("Unknown bit depth", std::to_string(settings.bitDepth), "Choose 8 or 10.");
  if (settings.quality < 0 || settings.quality > 51)
    throw Error("The quality is out of range", std::to_string(settings.quality),
                "Choose 0 (best) to 51 (smallest).");
  Codec encoder = newCodec(codec);
  encoder->width = format.width;
  encoder->height = format.height;
  encoder->pix_fmt = storedFormat(settings, format.like, format.width, format.height);
  encoder->time_base = toAv(format.timeBase);
  encoder->framerate = toAv(format.frameRate);
  encoder->sample_aspect_ratio = toAv(format.like.pixelAspect);
  const Colour colour = storedColour(format.like, codec->id, encoder->pix_fmt, format.width, format.height);
  encoder->colorspace = colour.matrix;
  encoder->color_range = colour.range;
  encoder->color_primaries = colour.primaries;
  encoder->color_trc = colour.transfer;
  encoder->chroma_sample_location = colour.chroma;
  encoder->thread_count = settings.threads;
  if (globalHeader) encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  encoder->flags |= AV_CODEC_FLAG_CLOSED_GOP;
  const bool everyFrameAlone = settings.codec == "ffv1" || settings.codec == "prores";
  constexpr double kKeySeconds = 5.0;  // between key frames: quick seeking at little cost
  encoder->gop_size =
      everyFrameAlone
          ? 1
          : std::clamp(static_cast<int>(std::lround(format.frameRate.value() * kKeySeconds)), 24, 300);
  Options options;
  setQuality(*encoder, settings, options);
  check(avcodec_open2(encoder.get(), codec, options.get()),
        "The encoder " + std::string(name) + " refuses these settings",
        std::to_string(format.width) + "×" + std::to_string(format.height) + ", " +
            std::to_string(settings.bitDepth) + " bit",
        "Choose another codec or bit depth.");
  return encoder;
}

}  // namespace fw::ffmpeg

namespace fw {

bool canEncode(const std::string& codec) {
  constexpr int kUsualWidth = 1280, kUsualHeight = 720;
  const char* name = ffmpeg::encoderName(codec, kUsualWidth, kUsualHeight);
  return name && avcodec_find_encoder_by_name(name) != nullptr;
}

bool coarsensColour(const EncodeSettings& settings, const VideoInfo& source, int width, int height) {
  using namespace ffmpeg;
  const AVPixFmtDescriptor* layout = layoutOf(source);
  const bool packed = layout && isRgb(layout) && (layout->flags & AV_PIX_FMT_FLAG_PLANAR) == 0;
  const AVPixelFormat stored = storedFormat(settings, source, width, height);
  return !packed && chromaOf(layout) > chromaOf(av_pix_fmt_desc_get(stored));
}

}  // namespace fw
