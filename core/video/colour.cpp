#include "core/video/colour.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/base/error.h"
#include "core/image/sizes.h"
#include "core/video/planes.h"

extern "C" {
#include <libavutil/opt.h>
}

namespace fw::ffmpeg {
namespace {

bool isRgb(AVPixelFormat format) {
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
  return description && (description->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
}

/// Where a colour sample sits between the brightness samples, in 1/256 of one, as swscale's options want it.
struct ChromaPosition {
  int horizontal, vertical;
};

ChromaPosition chromaPosition(AVPixelFormat format, AVChromaLocation location) {
  constexpr int kBeside = 0, kBetween = 128, kBelow = 256, kDefault = -513;
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
  if (!description || isRgb(format)) return {kDefault, kDefault};
  const bool halfWidth = description->log2_chroma_w == 1, halfHeight = description->log2_chroma_h == 1;
  // MPEG-2, H.264 and their heirs put it beside the left column unless they say otherwise.
  if (location == AVCHROMA_LOC_UNSPECIFIED) location = AVCHROMA_LOC_LEFT;
  const bool left = location == AVCHROMA_LOC_LEFT || location == AVCHROMA_LOC_TOPLEFT ||
                    location == AVCHROMA_LOC_BOTTOMLEFT;
  const bool top = location == AVCHROMA_LOC_TOPLEFT || location == AVCHROMA_LOC_TOP;
  const bool bottom = location == AVCHROMA_LOC_BOTTOMLEFT || location == AVCHROMA_LOC_BOTTOM;
  return {halfWidth ? (left ? kBeside : kBetween) : kDefault, halfHeight ? (top      ? kBeside
                                                                            : bottom ? kBelow
                                                                                     : kBetween)
                                                                         : kDefault};
}

int coefficientsOf(AVColorSpace matrix) {
  switch (matrix) {
    case AVCOL_SPC_BT709:
      return SWS_CS_ITU709;
    case AVCOL_SPC_FCC:
      return SWS_CS_FCC;
    case AVCOL_SPC_SMPTE240M:
      return SWS_CS_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return SWS_CS_BT2020;
    default:
      return SWS_CS_ITU601;
  }
}

/// A cv::Mat's memory as an AVFrame, without copying.
Picture borrow(const cv::Mat& image, AVPixelFormat format) {
  Picture picture = newPicture();
  picture->format = format;
  picture->width = image.cols;
  picture->height = image.rows;
  picture->data[0] = image.data;
  picture->linesize[0] = static_cast<int>(image.step);
  // swscale copies pictures that own nothing; this one owns a promise that `image` lives on.
  picture->buf[0] = av_buffer_create(
      image.data, image.step * static_cast<std::size_t>(image.rows), [](void*, uint8_t*) {}, nullptr, 0);
  if (!picture->buf[0]) throw std::bad_alloc();
  return picture;
}

/// `known` when FFmpeg has that name, its "unspecified" otherwise.
template <class T, class FromName>
T named(const std::string& name, FromName fromName, T unspecified) {
  const int value = fromName(name.c_str());
  return value < 0 ? unspecified : static_cast<T>(value);
}

/// Some decoders hand out pictures upside down, with lines that go backwards.
bool linesGoForward(const AVFrame& picture) {
  return picture.linesize[0] > 0 && picture.linesize[1] > 0 && picture.linesize[2] > 0;
}

cv::Mat planeOf(const AVFrame& picture, int plane) {
  const AVPixFmtDescriptor* layout = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(picture.format));
  const int right = plane > 0 ? layout->log2_chroma_w : 0, down = plane > 0 ? layout->log2_chroma_h : 0;
  return cv::Mat(AV_CEIL_RSHIFT(picture.height, down), AV_CEIL_RSHIFT(picture.width, right), CV_8UC1,
                 picture.data[plane], static_cast<std::size_t>(picture.linesize[plane]));
}

/// Planes shrunk to about this size before anything else is done with them: a quarter of the time that
/// swscale takes. Null where there is little to shrink, or the layout is another.
Picture shrunkFrame(const AVFrame& from, int width, int height) {
  const auto format = static_cast<AVPixelFormat>(from.format);
  const AVPixFmtDescriptor* layout = av_pix_fmt_desc_get(format);
  const bool planar = layout && !isRgb(format) && layout->nb_components == 3 &&
                      av_pix_fmt_count_planes(format) == 3 && bitDepthOf(format) == 8;
  if (!planar || !linesGoForward(from) || 2 * width > from.width || 2 * height > from.height) return nullptr;
  Picture small = newPicture();
  check(av_frame_copy_props(small.get(), &from), "Could not scale the picture", "");
  small->format = from.format;
  small->width = width;
  small->height = height;
  small->colorspace = matrixOrGuess(from.colorspace, from.width, from.height);  // by the size it had
  small->chroma_location = AVCHROMA_LOC_CENTER;  // whatever it was: the mean of many samples lies amid them
  check(av_frame_get_buffer(small.get(), 0), "Could not scale the picture", "");
  for (int plane = 0; plane < 3; ++plane) {
    cv::Mat target = planeOf(*small, plane);
    shrunk(planeOf(from, plane), target.size()).copyTo(target);
  }
  return small;
}

Planes planesOf(const AVFrame& picture) {
  return {planeOf(picture, 0), planeOf(picture, 1), planeOf(picture, 2)};
}

/// How planes.h calls them; none for what it does not know.
std::optional<PlaneColours> planeColours(const AVFrame& picture) {
  const auto format = static_cast<AVPixelFormat>(picture.format);
  if (withoutRangeAlias(format) != AV_PIX_FMT_YUV420P || picture.width % 2 != 0 || picture.height % 2 != 0 ||
      !linesGoForward(picture))
    return std::nullopt;
  if (picture.chroma_location != AVCHROMA_LOC_UNSPECIFIED && picture.chroma_location != AVCHROMA_LOC_LEFT)
    return std::nullopt;
  PlaneColours colours{.fullRange = isFullRange(format, picture.color_range)};
  switch (coefficientsOf(matrixOrGuess(picture.colorspace, picture.width, picture.height))) {
    case SWS_CS_ITU709:
      return colours;
    case SWS_CS_ITU601:
      colours.red = 0.299;
      colours.blue = 0.114;
      return colours;
    case SWS_CS_BT2020:
      colours.red = 0.2627;
      colours.blue = 0.0593;
      return colours;
    default:
      return std::nullopt;
  }
}

}  // namespace

Colour colourOf(const AVFrame& picture) {
  return {picture.colorspace, picture.color_range, picture.color_primaries, picture.color_trc,
          picture.chroma_location};
}

Colour colourOf(const VideoInfo& info) {
  return {named(info.colourMatrix, av_color_space_from_name, AVCOL_SPC_UNSPECIFIED),
          named(info.colourRange, av_color_range_from_name, AVCOL_RANGE_UNSPECIFIED),
          named(info.colourPrimaries, av_color_primaries_from_name, AVCOL_PRI_UNSPECIFIED),
          named(info.colourTransfer, av_color_transfer_from_name, AVCOL_TRC_UNSPECIFIED),
          named(info.chromaLocation, av_chroma_location_from_name, AVCHROMA_LOC_UNSPECIFIED)};
}

AVColorSpace matrixOrGuess(AVColorSpace tagged, int width, int height) {
  constexpr int kHighDefinitionWidth = 1280, kStandardDefinitionHeight = 576;
  if (tagged != AVCOL_SPC_UNSPECIFIED && tagged != AVCOL_SPC_RESERVED && tagged != AVCOL_SPC_RGB)
    return tagged;
  return width >= kHighDefinitionWidth || height > kStandardDefinitionHeight ? AVCOL_SPC_BT709
                                                                             : AVCOL_SPC_SMPTE170M;
}

AVPixelFormat withoutRangeAlias(AVPixelFormat format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
      return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
      return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P:
      return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ411P:
      return AV_PIX_FMT_YUV411P;
    default:
      return format;
  }
}

bool isFullRange(AVPixelFormat format, AVColorRange range) {
  if (isRgb(format) || withoutRangeAlias(format) != format) return true;
  return range == AVCOL_RANGE_JPEG;
}

int bitDepthOf(AVPixelFormat format) {
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
  if (!description || (description->flags & AV_PIX_FMT_FLAG_PAL) != 0) return 8;
  int depth = 0;
  for (int i = 0; i < description->nb_components; ++i) depth = std::max(depth, description->comp[i].depth);
  return depth;
}

Converter::Kind Converter::kindOf(const AVFrame& picture) {
  const auto format = static_cast<AVPixelFormat>(picture.format);
  return {picture.width,
          picture.height,
          withoutRangeAlias(format),
          matrixOrGuess(picture.colorspace, picture.width, picture.height),
          isFullRange(format, picture.color_range),
          picture.chroma_location};
}

void Converter::prepare(const Kind& from, const Kind& to) {
  if (scaler_ && from == from_ && to == to_) return;
  scaler_.reset(sws_alloc_context());
  if (!scaler_) throw std::bad_alloc();
  const auto set = [&](const char* name, int64_t value) { av_opt_set_int(scaler_.get(), name, value, 0); };
  set("srcw", from.width);
  set("srch", from.height);
  set("src_format", from.format);
  set("dstw", to.width);
  set("dsth", to.height);
  set("dst_format", to.format);
  // Where only colour grows, linear takes half the time of cubic, at 51 dB of colour there and back. In 16
  // bit it shifts colours.
  const bool onlyColourGrows =
      from.width == to.width && from.height == to.height && to.format == AV_PIX_FMT_BGR24;
  set("sws_flags", (onlyColourGrows ? SWS_BILINEAR : SWS_BICUBIC) | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT |
                       SWS_FULL_CHR_H_INP);
  set("threads", threads_);
  const ChromaPosition source = chromaPosition(from.format, from.chroma),
                       target = chromaPosition(to.format, to.chroma);
  set("src_h_chr_pos", source.horizontal);
  set("src_v_chr_pos", source.vertical);
  set("dst_h_chr_pos", target.horizontal);
  set("dst_v_chr_pos", target.vertical);
  set("src_range", from.fullRange);
  set("dst_range", to.fullRange);
  check(sws_init_context(scaler_.get(), nullptr, nullptr), "Could not convert the picture's colours",
        av_get_pix_fmt_name(from.format) ? av_get_pix_fmt_name(from.format) : "unknown pixel format");
  // After the start only: the slices' own tables are made there and would miss the matrices otherwise.
  constexpr int kNeutral = 1 << 16;
  sws_setColorspaceDetails(scaler_.get(), sws_getCoefficients(coefficientsOf(from.matrix)), from.fullRange,
                           sws_getCoefficients(coefficientsOf(to.matrix)), to.fullRange, 0, kNeutral,
                           kNeutral);
  from_ = from;
  to_ = to;
}

void Converter::convert(const AVFrame& from, AVFrame& to) {
  prepare(kindOf(from), kindOf(to));
  check(sws_scale_frame(scaler_.get(), &to, &from), "Could not convert the picture's colours", "");
}

bool hasAlpha(AVPixelFormat format) {
  const AVPixFmtDescriptor* layout = av_pix_fmt_desc_get(format);
  return layout && (layout->flags & AV_PIX_FMT_FLAG_ALPHA) != 0;
}

namespace {

template <class Value>
cv::Mat laidOnWhite(const cv::Mat& bgra) {
  constexpr uint32_t kWhite = std::numeric_limits<Value>::max();
  cv::Mat image(bgra.size(), CV_MAKETYPE(bgra.depth(), 3));
  for (int y = 0; y < bgra.rows; ++y) {
    const auto* from = bgra.ptr<cv::Vec<Value, 4>>(y);
    auto* to = image.ptr<cv::Vec<Value, 3>>(y);
    for (int x = 0; x < bgra.cols; ++x)
      for (int c = 0; c < 3; ++c)
        to[x][c] = static_cast<Value>(
            (from[x][c] * uint32_t{from[x][3]} + kWhite * (kWhite - from[x][3]) + kWhite / 2) / kWhite);
  }
  return image;
}

}  // namespace

cv::Mat onWhite(const cv::Mat& bgra) {
  return bgra.depth() == CV_16U ? laidOnWhite<uint16_t>(bgra) : laidOnWhite<uint8_t>(bgra);
}

cv::Mat Converter::toBgr(const AVFrame& whole, int width, int height, bool sixteenBit) {
  const Picture small = shrunkFrame(whole, width, height);
  const AVFrame& picture = small ? *small : whole;
  // swscale's SIMD may write a few bytes past a line: one spare row keeps them inside. It is given up rather
  // than cut off: OpenCV's filters would look at it beyond the edge of a part.
  const bool transparent = hasAlpha(static_cast<AVPixelFormat>(picture.format));
  cv::Mat image(height + 1, width, CV_MAKETYPE(sixteenBit ? CV_16U : CV_8U, transparent ? 4 : 3));
  image.resize(static_cast<std::size_t>(height));
  if (const auto known = planeColours(picture);
      known && !sixteenBit && image.size() == cv::Size(picture.width, picture.height)) {
    planesToBgr(planesOf(picture), *known, image);
    return image;
  }
  const AVPixelFormat opaque = sixteenBit ? AV_PIX_FMT_BGR48LE : AV_PIX_FMT_BGR24,
                      withAlpha = sixteenBit ? AV_PIX_FMT_BGRA64LE : AV_PIX_FMT_BGRA;
  const Picture target = borrow(image, transparent ? withAlpha : opaque);
  target->color_range = AVCOL_RANGE_JPEG;
  target->colorspace = AVCOL_SPC_RGB;
  convert(picture, *target);
  return transparent ? onWhite(image) : image;
}

void Converter::fromBgr(const cv::Mat& image, AVFrame& picture) {
  if (const auto known = planeColours(picture);
      known && image.type() == CV_8UC3 && image.size() == cv::Size(picture.width, picture.height)) {
    Planes planes = planesOf(picture);
    bgrToPlanes(image, *known, planes);
    return;
  }
  const Picture source = borrow(image, image.depth() == CV_16U ? AV_PIX_FMT_BGR48LE : AV_PIX_FMT_BGR24);
  source->color_range = AVCOL_RANGE_JPEG;
  source->colorspace = AVCOL_SPC_RGB;
  convert(*source, picture);
}

}  // namespace fw::ffmpeg
