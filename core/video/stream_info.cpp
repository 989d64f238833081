#include "core/video/stream_info.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/video/colour.h"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/parseutils.h>
}

namespace fs = std::filesystem;

namespace fw::ffmpeg {
namespace {

constexpr int64_t kReadThroughBytes = 64 << 20;  // reading this much takes well under a second
constexpr std::size_t kTimesToJudge = 20'000;    // frames whose spacing decides whether the rate varies

/// The presentation times of the frames, as far as they can be had cheaply.
struct Timing {
  std::vector<int64_t> times;
  int64_t end = 0;  ///< of the last frame
  bool complete = false;
  int64_t packets = 0;  ///< read, also those that say no time
  bool clockJumps = false;
  int64_t hidden = 0;  ///< frames that are decoded but not shown: before the cut of an edit list
};

Timing readThrough(Input& input, int stream) {
  Timing timing;
  input.keepOnly(std::span(&stream, 1));
  const Packet packet = newPacket();
  timing.end = std::numeric_limits<int64_t>::min();
  while (input.read(*packet) >= 0) {
    if ((packet->flags & AV_PKT_FLAG_DISCARD) == 0) {
      const int64_t time = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
      ++timing.packets;
      if (time != AV_NOPTS_VALUE) {
        timing.times.push_back(time);
        timing.end = std::max(timing.end, time + std::max<int64_t>(0, packet->duration));
      }
    }
    av_packet_unref(packet.get());
  }
  std::ranges::sort(timing.times);
  timing.complete = !timing.times.empty();
  timing.clockJumps = input.clockJumped();
  return timing;
}

/// Decoding times from the container's index: same spacing as the presentation times when the rate is
/// constant.
Timing fromIndex(const AVStream& stream) {
  Timing timing;
  auto* indexed = const_cast<AVStream*>(&stream);
  const int count = avformat_index_get_entries_count(indexed);
  for (int i = 0; i < count; ++i) {
    const AVIndexEntry& entry = *avformat_index_get_entry(indexed, i);
    if ((entry.flags & AVINDEX_DISCARD_FRAME) != 0)
      ++timing.hidden;
    else if (timing.times.size() < kTimesToJudge)
      timing.times.push_back(entry.timestamp);
  }
  std::ranges::sort(timing.times);
  return timing;
}

/// Spacing that differs by more than rounding to the container's clock (Matroska's is a millisecond, and MP4
/// files made from Matroska inherit it) is a variable rate.
bool varies(const std::vector<int64_t>& times, AVRational timeBase) {
  if (times.size() < 3) return false;
  constexpr double kClockSeconds = 0.0011;
  const double tolerance = std::max(1.0, kClockSeconds / av_q2d(timeBase));
  int64_t shortest = std::numeric_limits<int64_t>::max(), longest = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    shortest = std::min(shortest, times[i] - times[i - 1]);
    longest = std::max(longest, times[i] - times[i - 1]);
  }
  return static_cast<double>(longest - shortest) > tolerance;
}

Rational measuredRate(const Timing& timing, AVRational timeBase) {
  const auto frames = static_cast<int64_t>(timing.times.size());
  const int64_t ticks = timing.end - timing.times.front();
  if (ticks <= 0) return {};
  AVRational rate{0, 1};
  av_reduce(&rate.num, &rate.den, frames * timeBase.den, ticks * timeBase.num, 1'000'000);
  return fromAv(rate);
}

bool usable(AVRational rate) { return rate.num > 0 && rate.den > 0 && av_q2d(rate) < 100'000; }

/// Matroska keeps the rate as whole nanoseconds a frame: 60000/1001 comes back as 19001/317.
Rational nearestUsual(const Rational& rate) {
  constexpr double kAgree = 1e-6;
  const double value = rate.value();
  const auto whole = std::llround(value), ntsc = std::llround(value * 1.001);
  if (rate.den > 1 && std::abs(value / static_cast<double>(whole) - 1) < kAgree) return {whole, 1};
  if (rate.den != 1001 && std::abs(value * 1.001 / static_cast<double>(ntsc) - 1) < kAgree)
    return {ntsc * 1000, 1001};
  return rate;
}

/// The constant rate a person would name. The container's word counts where it agrees with what was measured.
Rational constantRate(const AVStream& stream, const Rational& measured) {
  constexpr double kAgree = 0.004;
  for (const AVRational said : {stream.r_frame_rate, stream.avg_frame_rate}) {
    if (!usable(said)) continue;
    if (measured.num == 0 || std::abs(av_q2d(said) / measured.value() - 1) < kAgree)
      return nearestUsual(fromAv(said));
  }
  return measured.num > 0 ? nearestUsual(measured) : Rational{25, 1};
}

/// How often an animated picture plays: 0 for ever, −1 not said. FFmpeg's demuxers keep it to themselves.
int readLoops(const fs::path& file, const std::string& container) {
  if (container != "gif" && container != "apng") return -1;
  std::string head(1 << 16, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  const auto byte = [&](std::size_t at) {
    return at < head.size() ? static_cast<unsigned char>(head[at]) : 0u;
  };
  if (container == "gif") {
    const std::size_t at = head.find("NETSCAPE2.0");
    return at == std::string::npos ? -1 : static_cast<int>(byte(at + 13) | byte(at + 14) << 8);
  }
  const std::size_t at = head.find("acTL");
  return at == std::string::npos
             ? -1
             : static_cast<int>(byte(at + 8) << 24 | byte(at + 9) << 16 | byte(at + 10) << 8 | byte(at + 11));
}

// Matroska says it of each stream: sound may well outlast the pictures.
std::optional<double> lengthSaid(const AVStream& stream) {
  const std::string said = tag(stream.metadata, "DURATION");
  int64_t microseconds = 0;
  if (said.empty() || av_parse_time(&microseconds, said.c_str(), 1) < 0) return std::nullopt;
  return static_cast<double>(microseconds) / AV_TIME_BASE;
}

int channelsOf(const AVCodecParameters& audio) { return audio.ch_layout.nb_channels; }

void describeOtherStreams(VideoInfo& info, const AVFormatContext& format) {
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    const AVStream& stream = *format.streams[i];
    const AVCodecParameters& codec = *stream.codecpar;
    const std::string language = tag(stream.metadata, "language"), title = tag(stream.metadata, "title");
    if (codec.codec_type == AVMEDIA_TYPE_AUDIO) {
      const double unit = av_q2d(stream.time_base);
      AudioTrack track{
          static_cast<int>(i), avcodec_get_name(codec.codec_id), language, title, codec.sample_rate,
          channelsOf(codec)};
      if (stream.start_time != AV_NOPTS_VALUE) track.start = static_cast<double>(stream.start_time) * unit;
      track.duration = stream.duration != AV_NOPTS_VALUE ? static_cast<double>(stream.duration) * unit
                       : format.duration != AV_NOPTS_VALUE
                           ? static_cast<double>(format.duration) / AV_TIME_BASE
                           : 0.0;
      info.audio.push_back(track);
    } else if (codec.codec_type == AVMEDIA_TYPE_SUBTITLE) {
      info.subtitles.push_back({static_cast<int>(i), avcodec_get_name(codec.codec_id), language, title});
    } else if (codec.codec_type == AVMEDIA_TYPE_ATTACHMENT ||
               (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) {
      ++info.attachments;
    }
  }
  info.chapters = static_cast<int>(format.nb_chapters);
}

bool isInterlaced(AVFieldOrder order) { return order > AV_FIELD_PROGRESSIVE; }

#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
bool isInterlaced(const AVFrame& picture) { return (picture.flags & AV_FRAME_FLAG_INTERLACED) != 0; }
#else
bool isInterlaced(const AVFrame& picture) { return picture.interlaced_frame != 0; }
#endif

std::string nameOr(const char* name, const char* otherwise) { return name ? name : otherwise; }

}  // namespace

int videoStream(const Input& input, const fs::path& file) {
  const int best = av_find_best_stream(input.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (best >= 0) {
    const bool cover = (input.stream(best)->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
    if (!cover) return best;
    throw Error("There is no video in this file", file.string(), "It holds sound and a cover picture only.");
  }
  throw Error("There is no video in this file", file.string(), "Choose a file that holds moving pictures.");
}

Orientation orientationOf(const int32_t* matrix) {
  if (!matrix) return {};
  // A negative determinant mirrors. FFmpeg measures the turn counter-clockwise, with the y axis pointing
  // down.
  const double determinant =
      static_cast<double>(matrix[0]) * matrix[4] - static_cast<double>(matrix[1]) * matrix[3];
  Orientation orientation;
  int32_t upright[9];
  std::copy_n(matrix, 9, upright);
  if (determinant < 0) {
    orientation.mirrored = true;
    // matrix = mirror, then rotation: undo the mirror on the input side.
    upright[0] = -upright[0];
    upright[1] = -upright[1];
  }
  const double counterClockwise = av_display_rotation_get(upright);
  if (std::isnan(counterClockwise)) return {};
  const int quarters = static_cast<int>(std::lround(-counterClockwise / 90.0));
  orientation.rotation = ((quarters % 4) + 4) % 4 * 90;
  return orientation;
}

VideoInfo describe(Input& input, int index, const fs::path& file) {
  AVStream& stream = *input.stream(index);
  const AVCodecParameters& codec = *stream.codecpar;
  VideoInfo info;
  info.file = file;
  info.container = input->iformat->name;
  info.codec = avcodec_get_name(codec.codec_id);
  info.timeBase = fromAv(stream.time_base);
  info.interlaced = isInterlaced(codec.field_order);
  info.loops = readLoops(file, info.container);
  describeOtherStreams(info, *input.get());

  std::error_code unknown;
  const auto bytes = static_cast<int64_t>(fs::file_size(file, unknown));
  Timing timing = fromIndex(stream);
  const bool indexed = stream.nb_frames > 0 && !timing.times.empty() && stream.duration > 0;
  const bool small = !unknown && bytes <= kReadThroughBytes;
  if (!indexed && small) {
    Input again(file);  // a separate pass leaves the decoding one where it is
    if (index < static_cast<int>(again->nb_streams)) timing = readThrough(again, index);
  }
  info.variableRate = varies(timing.times, stream.time_base);
  info.clockJumps = timing.clockJumps;
  Rational measured;
  if (indexed) {
    timing.end = timing.times.front() + stream.duration;
    if (static_cast<int64_t>(timing.times.size()) == stream.nb_frames - timing.hidden)
      measured = measuredRate(timing, stream.time_base);
  } else if (timing.complete) {
    measured = measuredRate(timing, stream.time_base);
  }
  if (info.variableRate)
    info.frameRate = measured.num > 0                ? measured
                     : usable(stream.avg_frame_rate) ? fromAv(stream.avg_frame_rate)
                                                     : Rational{25, 1};
  else
    info.frameRate = constantRate(stream, measured);

  const double unit = av_q2d(stream.time_base);
  const double frameSeconds = 1.0 / info.frameRate.value();
  if (timing.complete) {
    info.frames = static_cast<int64_t>(timing.times.size());
    info.framesExact = true;
    // The last frame's own length is often missing; it then lasts as long as the others.
    const int64_t last = timing.times.back();
    const double lastSeconds =
        timing.end > last ? static_cast<double>(timing.end - last) * unit : frameSeconds;
    info.duration = static_cast<double>(last - timing.times.front()) * unit + lastSeconds;
  } else {
    if (stream.duration != AV_NOPTS_VALUE && stream.duration > 0)
      info.duration = static_cast<double>(stream.duration) * unit;
    else if (input->duration != AV_NOPTS_VALUE && input->duration > 0)
      info.duration = static_cast<double>(input->duration) / AV_TIME_BASE;
    info.frames = stream.nb_frames > 0 ? stream.nb_frames - timing.hidden
                  : info.duration > 0  ? std::llround(info.duration * info.frameRate.value())
                                       : timing.packets;
    info.framesExact = stream.nb_frames > 0;
  }
  if (input->duration_estimation_method == AVFMT_DURATION_FROM_STREAM && input->duration > 0)
    info.durationSaid = lengthSaid(stream).value_or(static_cast<double>(input->duration) / AV_TIME_BASE);
  info.startPts = stream.start_time != AV_NOPTS_VALUE ? stream.start_time
                  : timing.times.empty()              ? 0
                                                      : timing.times.front();
  return info;
}

namespace {

/// What is drawn with a palette could be transparent, as any GIF; few are.
bool showsThrough(const AVFrame& picture, const AVPixFmtDescriptor& layout) {
  const bool palette = picture.format == AV_PIX_FMT_PAL8;
  const AVComponentDescriptor& alpha = layout.comp[3];
  if (!palette && (alpha.depth != 8 || (layout.flags & AV_PIX_FMT_FLAG_RGB) == 0)) return true;
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x) {
      const uint8_t* row = picture.data[palette ? 0 : alpha.plane];
      row += std::ptrdiff_t{y} * picture.linesize[palette ? 0 : alpha.plane];
      const uint32_t seen = palette ? reinterpret_cast<const uint32_t*>(picture.data[1])[row[x]] >> 24
                                    : row[x * alpha.step + alpha.offset];
      if (seen != 255) return true;
    }
  return false;
}

}  // namespace

void describePicture(VideoInfo& info, const AVFrame& first, const Orientation& orientation) {
  const auto format = static_cast<AVPixelFormat>(first.format);
  info.rotation = orientation.rotation;
  const bool sideways = orientation.rotation == 90 || orientation.rotation == 270;
  info.width = sideways ? first.height : first.width;
  info.height = sideways ? first.width : first.height;
  info.pixelFormat = nameOr(av_get_pix_fmt_name(format), "unknown");
  info.bitDepth = bitDepthOf(format);
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
  info.hasAlpha =
      description && (description->flags & AV_PIX_FMT_FLAG_ALPHA) != 0 && showsThrough(first, *description);
  info.interlaced = info.interlaced || isInterlaced(first);
  info.colourMatrix = nameOr(av_color_space_name(first.colorspace), "unknown");
  info.colourRange = nameOr(
      av_color_range_name(isFullRange(format, first.color_range) ? AVCOL_RANGE_JPEG : first.color_range),
      "unknown");
  info.colourPrimaries = nameOr(av_color_primaries_name(first.color_primaries), "unknown");
  info.colourTransfer = nameOr(av_color_transfer_name(first.color_trc), "unknown");
  info.chromaLocation = nameOr(av_chroma_location_name(first.chroma_location), "unspecified");
  const auto said = [&](AVFrameSideDataType what) -> std::vector<uint8_t> {
    const AVFrameSideData* data = av_frame_get_side_data(&first, what);
    if (!data) return {};
    return {data->data, data->data + data->size};
  };
  info.masteringDisplay = said(AV_FRAME_DATA_MASTERING_DISPLAY_METADATA);
  info.contentLight = said(AV_FRAME_DATA_CONTENT_LIGHT_LEVEL);
  info.startPts = first.pts;
  info.start = static_cast<double>(first.pts) * info.timeBase.value();
}

}  // namespace fw::ffmpeg
