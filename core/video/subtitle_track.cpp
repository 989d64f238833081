#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/video/track.h"

namespace fw::ffmpeg {
namespace {

constexpr AVRational kMilliseconds{1, 1000};

/// When a line is shown, in milliseconds of the result. Length −1: until the next one.
struct Showing {
  int64_t start = 0, length = 0;
  bool visible = false;
};

Showing retimed(double start, double length, const Timeline& timeline) {
  const bool open = length <= 0;
  const double end = open ? start : std::min(start + length, timeline.end);
  Showing showing;
  showing.visible = start < timeline.end && (open ? start >= timeline.origin : end > timeline.origin);
  const auto place = [&](double seconds) {
    return std::llround(std::max(0.0, seconds - timeline.origin) * timeline.stretch * 1000.0);
  };
  showing.start = place(start);
  showing.length = open ? -1 : place(end) - showing.start;
  return showing;
}

/// Text of an MP4 sample: its length in two bytes comes first, styles may follow.
std::string_view textOf(const AVPacket& sample) {
  const std::string_view all(reinterpret_cast<const char*>(sample.data),
                             static_cast<std::size_t>(sample.size));
  if (all.size() < 2) return {};
  return all.substr(
      2, static_cast<std::size_t>(static_cast<uint8_t>(all[0]) << 8 | static_cast<uint8_t>(all[1])));
}

Packet sampleOf(const std::string& text, const AVPacket& like) {
  Packet sample = newPacket();
  const auto length = std::min<std::size_t>(text.size(), UINT16_MAX);
  check(av_new_packet(sample.get(), static_cast<int>(2 + length)), "Could not write the subtitles", "");
  check(av_packet_copy_props(sample.get(), &like), "Could not write the subtitles", "");
  sample->stream_index = like.stream_index;
  sample->data[0] = static_cast<uint8_t>(length >> 8);
  sample->data[1] = static_cast<uint8_t>(length & 0xff);
  std::memcpy(sample->data + 2, text.data(), length);
  return sample;
}

/// Writes the lines of a track in order. MP4 and QuickTime show one sample at a time, and whoever writes them
/// moves what overlaps: there a line ends where the next begins, and two that begin together are one.
class Lines {
 public:
  explicit Lines(const AVStream& stream) : oneAtATime_(stream.codecpar->codec_id == AV_CODEC_ID_MOV_TEXT) {}

  void put(Packet line, Output& output) {
    line->pts = line->dts = last_ = std::max(line->pts, last_);
    if (!oneAtATime_) return output.write(*line, kMilliseconds);
    if (held_ && held_->pts == line->pts) return join(*line);
    if (held_ && held_->duration > line->pts - held_->pts) held_->duration = line->pts - held_->pts;
    finish(output);
    held_ = std::move(line);
  }
  void finish(Output& output) {
    if (held_) output.write(*held_, kMilliseconds);
    held_ = {};
  }

 private:
  void join(const AVPacket& line) {
    std::string text(textOf(*held_));
    if (!text.empty() && !textOf(line).empty()) text += '\n';
    text += textOf(line);
    const int64_t longest = std::max(held_->duration, line.duration);
    held_ = sampleOf(text, *held_);
    held_->duration = longest;
  }

  bool oneAtATime_;
  int64_t last_ = 0;
  Packet held_;
};

class CopiedSubtitles : public Track {
 public:
  CopiedSubtitles(const Input& input, int stream, const Timeline& timeline, Output& output)
      : source_(stream), base_(input.stream(stream)->time_base), timeline_(timeline) {
    AVStream* to = output.addStream();
    index_ = to->index;
    check(avcodec_parameters_copy(to->codecpar, input.stream(stream)->codecpar),
          "Could not copy the subtitles", "");
    to->codecpar->codec_tag = 0;
    to->time_base = kMilliseconds;
    copyDescription(*input.stream(stream), *to);
    lines_ = Lines(*to);
  }

  int source() const override { return source_; }
  void finish(Output& output) override { lines_->finish(output); }

  void take(AVPacket& packet, Output& output) override {
    if (packet.pts == AV_NOPTS_VALUE) return;
    const double unit = av_q2d(base_);
    const Showing showing = retimed(static_cast<double>(packet.pts) * unit,
                                    static_cast<double>(packet.duration) * unit, timeline_);
    if (!showing.visible) return;
    Packet line = newPacket();
    av_packet_move_ref(line.get(), &packet);
    line->pts = showing.start;
    line->duration = std::max<int64_t>(0, showing.length);
    line->stream_index = index_;
    line->pos = -1;
    lines_->put(std::move(line), output);
  }

 private:
  int source_, index_ = 0;
  AVRational base_;
  Timeline timeline_;
  std::optional<Lines> lines_;
};

/// Text from one container's words to another's.
class ConvertedSubtitles : public Track {
 public:
  ConvertedSubtitles(const Input& input, const PlannedStream& planned, const Timeline& timeline,
                     Output& output)
      : source_(planned.source), base_(input.stream(source_)->time_base), timeline_(timeline) {
    const AVStream& from = *input.stream(source_);
    const AVCodec* codec = avcodec_find_decoder(from.codecpar->codec_id);
    decoder_ = newCodec(codec);
    check(avcodec_parameters_to_context(decoder_.get(), from.codecpar), kFailed, "");
    decoder_->pkt_timebase = base_;
    check(avcodec_open2(decoder_.get(), codec, nullptr), kFailed, avcodec_get_name(from.codecpar->codec_id));
    encoder_ = newCodec(planned.encoder);
    encoder_->time_base = kMilliseconds;
    if (decoder_->subtitle_header) {
      const auto size = static_cast<std::size_t>(decoder_->subtitle_header_size);
      encoder_->subtitle_header = static_cast<uint8_t*>(av_mallocz(size + 1));
      if (!encoder_->subtitle_header) throw std::bad_alloc();
      std::memcpy(encoder_->subtitle_header, decoder_->subtitle_header, size);
      encoder_->subtitle_header_size = decoder_->subtitle_header_size;
    }
    check(avcodec_open2(encoder_.get(), planned.encoder, nullptr), kFailed, planned.encoder->name);
    AVStream* to = output.addStream();
    index_ = to->index;
    check(avcodec_parameters_from_context(to->codecpar, encoder_.get()), kFailed, "");
    to->time_base = kMilliseconds;
    copyDescription(from, *to);
    lines_ = Lines(*to);
  }

  int source() const override { return source_; }
  void finish(Output& output) override { lines_->finish(output); }

  void take(AVPacket& packet, Output& output) override {
    if (packet.pts == AV_NOPTS_VALUE) return;
    AVSubtitle line{};
    int got = 0;
    const double unit = av_q2d(base_);
    const double start = static_cast<double>(packet.pts) * unit;
    double length = static_cast<double>(packet.duration) * unit;
    if (avcodec_decode_subtitle2(decoder_.get(), &line, &got, &packet) < 0 || got == 0) return;
    if (length <= 0 && line.end_display_time != UINT32_MAX) length = line.end_display_time / 1000.0;
    const Showing showing = retimed(start, length, timeline_);
    uint8_t text[1 << 16];
    int size = 0;
    line.start_display_time = 0;
    if (showing.visible && line.num_rects > 0)
      size = avcodec_encode_subtitle(encoder_.get(), text, sizeof text, &line);
    avsubtitle_free(&line);
    if (size <= 0) return;
    Packet converted = newPacket();
    check(av_new_packet(converted.get(), size), kFailed, "");
    std::memcpy(converted->data, text, static_cast<std::size_t>(size));
    converted->pts = showing.start;
    converted->duration = std::max<int64_t>(0, showing.length);
    converted->stream_index = index_;
    lines_->put(std::move(converted), output);
  }

 private:
  static constexpr const char* kFailed = "Could not convert the subtitles";
  int source_, index_ = 0;
  AVRational base_;
  Timeline timeline_;
  Codec decoder_, encoder_;
  std::optional<Lines> lines_;
};

}  // namespace

std::unique_ptr<Track> copySubtitles(const Input& input, int stream, const Timeline& timeline,
                                     Output& output) {
  return std::make_unique<CopiedSubtitles>(input, stream, timeline, output);
}

std::unique_ptr<Track> convertSubtitles(const Input& input, const PlannedStream& planned,
                                        const Timeline& timeline, Output& output) {
  return std::make_unique<ConvertedSubtitles>(input, planned, timeline, output);
}

}  // namespace fw::ffmpeg
