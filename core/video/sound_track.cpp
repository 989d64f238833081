#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/video/track.h"

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/channel_layout.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>
}

namespace fw::ffmpeg {
namespace {

/// Codecs begin with a few milliseconds of run-up before the first sound; more than this before the first
/// frame is sound that no picture belongs to.
constexpr double kRunUpSeconds = 0.1;

constexpr const char* kFailed = "Could not convert the sound";

/// FFmpeg's start_time leaves the run-up out; the first packet does not.
std::optional<double> firstPacketSeconds(const std::filesystem::path& file, int stream) {
  Input input(file);
  input.keepOnly(std::span(&stream, 1));
  const Packet packet = newPacket();
  while (input.read(*packet) >= 0) {
    if (packet->pts != AV_NOPTS_VALUE)
      return static_cast<double>(packet->pts) * av_q2d(input.stream(stream)->time_base);
    av_packet_unref(packet.get());
  }
  return std::nullopt;
}

bool sameFormat(const AVFrame& a, const AVFrame& b) {
  return a.format == b.format && a.sample_rate == b.sample_rate &&
         av_channel_layout_compare(&a.ch_layout, &b.ch_layout) == 0;
}

/// Without samples.
Picture formatLike(const AVFrame& samples) {
  Picture same = newPicture();
  same->format = samples.format;
  same->sample_rate = samples.sample_rate;
  check(av_channel_layout_copy(&same->ch_layout, &samples.ch_layout), kFailed, "");
  return same;
}

class CopiedSound : public Track {
 public:
  CopiedSound(const std::filesystem::path& file, const Input& input, int stream, const Timeline& timeline,
              Sound sound, Output& output)
      : source_(stream), base_(input.stream(stream)->time_base), timeline_(timeline) {
    const AVStream& from = *input.stream(stream);
    AVStream* to = output.addStream();
    index_ = to->index;
    check(avcodec_parameters_copy(to->codecpar, from.codecpar), "Could not copy the sound", "");
    to->codecpar->codec_tag = 0;
    to->time_base = base_;
    copyDescription(from, *to);
    origin_ = std::llround(timeline.origin / av_q2d(base_));
    const std::optional<double> first = firstPacketSeconds(file, stream);
    if (!first) return;
    const double start = *first - timeline.origin;
    keepRunUp_ = !timeline.trimmedStart && start < 0 && start > -kRunUpSeconds;
    // Sound that runs at its own speed beside a slowed video still starts where the video has got to by then.
    const double heard = from.start_time != AV_NOPTS_VALUE
                             ? static_cast<double>(from.start_time) * av_q2d(base_) - timeline.origin
                             : start;
    if (sound == Sound::Keep && heard > 0)
      origin_ -= std::llround(heard * (timeline.stretch - 1) / av_q2d(base_));
    // Matroska has no times before zero, only a run-up to be skipped.
    const std::string container = output->oformat->name;
    // Opus says itself how long it is.
    if (keepRunUp_ && from.codecpar->codec_id != AV_CODEC_ID_OPUS &&
        (container == "matroska" || container == "webm"))
      to->codecpar->initial_padding = static_cast<int>(std::lround(-start * from.codecpar->sample_rate));
  }

  int source() const override { return source_; }

  void take(AVPacket& packet, Output& output) override {
    const int64_t time = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
    if (time == AV_NOPTS_VALUE) return;
    const double unit = av_q2d(base_);
    if (static_cast<double>(time) * unit >= timeline_.end) return;
    if (!keepRunUp_ && time < std::llround(timeline_.origin / unit)) return;
    packet.pts = time - origin_;
    packet.dts = packet.dts == AV_NOPTS_VALUE ? packet.pts : packet.dts - origin_;
    packet.stream_index = index_;
    packet.pos = -1;
    const AVRational unitOfResult = output->streams[index_]->time_base;
    av_packet_rescale_ts(&packet, base_, unitOfResult);
    // Where recordings were joined, a clock may step back; no container takes that. Packets shorter than the
    // unit share a time where that is allowed: moved apart they would come later and later.
    const bool mayShare = (output->oformat->flags & AVFMT_TS_NONSTRICT) != 0;
    packet.dts = last_ = std::max(packet.dts, mayShare ? last_ : last_ + 1);
    packet.pts = std::max(packet.pts, packet.dts);
    output.write(packet, unitOfResult);
  }

 private:
  int source_, index_ = 0;
  AVRational base_;
  Timeline timeline_;
  int64_t origin_ = 0;
  int64_t last_ = std::numeric_limits<int64_t>::min();  // in the result's own unit
  bool keepRunUp_ = false;
};

#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
template <class T>
std::vector<T> supported(const AVCodecContext& encoder, AVCodecConfig what) {
  const void* list = nullptr;
  int count = 0;
  if (avcodec_get_supported_config(&encoder, nullptr, what, 0, &list, &count) < 0 || !list) return {};
  const T* first = static_cast<const T*>(list);
  return {first, first + count};
}
std::vector<AVSampleFormat> sampleFormats(const AVCodecContext& encoder) {
  return supported<AVSampleFormat>(encoder, AV_CODEC_CONFIG_SAMPLE_FORMAT);
}
std::vector<int> sampleRates(const AVCodecContext& encoder) {
  return supported<int>(encoder, AV_CODEC_CONFIG_SAMPLE_RATE);
}
std::vector<AVChannelLayout> channelLayouts(const AVCodecContext& encoder) {
  return supported<AVChannelLayout>(encoder, AV_CODEC_CONFIG_CHANNEL_LAYOUT);
}
#else
std::vector<AVSampleFormat> sampleFormats(const AVCodecContext& encoder) {
  std::vector<AVSampleFormat> formats;
  for (const auto* f = encoder.codec->sample_fmts; f && *f != AV_SAMPLE_FMT_NONE; ++f) formats.push_back(*f);
  return formats;
}
std::vector<int> sampleRates(const AVCodecContext& encoder) {
  std::vector<int> rates;
  for (const auto* rate = encoder.codec->supported_samplerates; rate && *rate != 0; ++rate)
    rates.push_back(*rate);
  return rates;
}
std::vector<AVChannelLayout> channelLayouts(const AVCodecContext& encoder) {
  std::vector<AVChannelLayout> layouts;
  for (const auto* layout = encoder.codec->ch_layouts; layout && layout->nb_channels > 0; ++layout)
    layouts.push_back(*layout);
  return layouts;
}
#endif

/// It says nothing of what it takes: of each number of channels one.
AVChannelLayout layoutForOpus(const AVChannelLayout& wanted) {
  static constexpr const char* kLayouts[] = {"mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1"};
  AVChannelLayout layout{};
  check(av_channel_layout_from_string(&layout, kLayouts[std::max(1, wanted.nb_channels) - 1]), kFailed, "");
  return layout;
}

/// The encoder's layout nearest to the source's: the same, else the usual one of as many channels, else its
/// largest.
AVChannelLayout chooseLayout(const AVCodecContext& encoder, const AVChannelLayout& wanted) {
  const std::vector<AVChannelLayout> offered = channelLayouts(encoder);
  AVChannelLayout usual{};
  av_channel_layout_default(&usual, wanted.nb_channels);
  const AVChannelLayout first = wanted.order == AV_CHANNEL_ORDER_UNSPEC ? usual : wanted;
  constexpr int kMostMixed = 8;  // nothing but bare samples holds more, and nothing mixes them down
  if (encoder.codec_id == AV_CODEC_ID_OPUS && wanted.nb_channels <= kMostMixed) return layoutForOpus(wanted);
  if (offered.empty()) return first;
  for (const AVChannelLayout& candidate : {first, usual})
    for (const AVChannelLayout& layout : offered)
      if (av_channel_layout_compare(&layout, &candidate) == 0) return layout;
  for (const AVChannelLayout& layout : offered)
    if (layout.nb_channels == wanted.nb_channels) return layout;
  return *std::ranges::max_element(offered, {}, &AVChannelLayout::nb_channels);
}

std::string textOf(const AVChannelLayout& layout) {
  char text[128] = {};
  av_channel_layout_describe(&layout, text, sizeof text);
  return text;
}

/// Sound decoded, stretched, and encoded again. Its length follows from counting samples, so it cannot drift.
class EncodedSound : public Track {
 public:
  EncodedSound(const Input& input, const PlannedStream& planned, const Timeline& timeline, Sound sound,
               Output& output)
      : source_(planned.source),
        base_(input.stream(source_)->time_base),
        timeline_(timeline),
        sound_(sound),
        stretch_(sound == Sound::Keep ? 1.0 : timeline.stretch) {
    const AVStream& from = *input.stream(source_);
    const AVCodec* codec = avcodec_find_decoder(from.codecpar->codec_id);
    decoder_ = newCodec(codec);
    check(avcodec_parameters_to_context(decoder_.get(), from.codecpar), kFailed, "");
    decoder_->pkt_timebase = base_;
    check(avcodec_open2(decoder_.get(), codec, nullptr), kFailed, avcodec_get_name(from.codecpar->codec_id));
    openEncoder(planned, from, output);
    // The last packet is filled up with silence; MP4 says where the sound really ends. Others guess.
    const bool knowsItsEnd = std::string_view(input->iformat->name).find("mp4") != std::string_view::npos;
    if (knowsItsEnd && from.duration != AV_NOPTS_VALUE && from.duration > 0 &&
        from.start_time != AV_NOPTS_VALUE)
      timeline_.end =
          std::min(timeline_.end, static_cast<double>(from.start_time + from.duration) * av_q2d(base_));
  }

  int source() const override { return source_; }

  void take(AVPacket& packet, Output& output) override {
    const double unit = av_q2d(base_);
    const bool late = packet.pts != AV_NOPTS_VALUE && static_cast<double>(packet.pts) * unit >= timeline_.end;
    if (late || avcodec_send_packet(decoder_.get(), &packet) < 0)
      return;  // damaged sound becomes a silent gap
    decode(output);
  }

  void finish(Output& output) override {
    avcodec_send_packet(decoder_.get(), nullptr);
    decode(output);
    if (!in_) return;
    // How much sound there is in all is known only now; the filters are a few milliseconds off either way.
    total_ = std::llround((lastEnd_ - firstStart_) * stretch_ * encoder_->sample_rate);
    check(av_buffersrc_add_frame(in_, nullptr), kFailed, "");
    drainFilters(output);
    encode(nullptr, output);
  }

 private:
  void openEncoder(const PlannedStream& planned, const AVStream& from, Output& output) {
    const AVCodecParameters& source = *from.codecpar;
    encoder_ = newCodec(planned.encoder);
    const std::vector<AVSampleFormat> formats = sampleFormats(*encoder_);
    encoder_->sample_fmt = formats.empty() ? AV_SAMPLE_FMT_FLTP : formats.front();
    // FLAC and ALAC list 16 bit first; keep what the source has.
    const bool deep = av_get_bytes_per_sample(static_cast<AVSampleFormat>(source.format)) > 2 ||
                      source.bits_per_raw_sample > 16;
    for (const AVSampleFormat format : formats)
      if (deep && av_get_bytes_per_sample(format) > 2) {
        encoder_->sample_fmt = format;
        break;
      }
    const std::vector<int> rates = sampleRates(*encoder_);
    encoder_->sample_rate = source.sample_rate;
    if (!rates.empty() && std::ranges::find(rates, source.sample_rate) == rates.end())
      encoder_->sample_rate = *std::ranges::min_element(rates, {}, [&](int rate) {
        return std::abs(rate - source.sample_rate) + (rate < source.sample_rate ? 1'000'000 : 0);
      });
    const AVChannelLayout layout = chooseLayout(*encoder_, source.ch_layout);
    check(av_channel_layout_copy(&encoder_->ch_layout, &layout), kFailed, "");
    constexpr int64_t kBitsPerChannel = 96'000;  // transparent for AAC and Opus
    encoder_->bit_rate = kBitsPerChannel * std::max(1, layout.nb_channels);
    encoder_->time_base = {1, encoder_->sample_rate};
    encoder_->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
    if ((output->oformat->flags & AVFMT_GLOBALHEADER) != 0) encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    check(avcodec_open2(encoder_.get(), planned.encoder, nullptr), kFailed, planned.encoder->name);
    tryFilters(source);
    AVStream* to = output.addStream();
    index_ = to->index;
    check(avcodec_parameters_from_context(to->codecpar, encoder_.get()), kFailed, "");
    to->time_base = encoder_->time_base;
    copyDescription(from, *to);
  }

  /// A track that cannot be converted is to be known before it has a place in the file.
  void tryFilters(const AVCodecParameters& source) {
    if (source.format < 0) return;
    Picture samples = newPicture();
    samples->format = source.format;
    samples->sample_rate = source.sample_rate;
    if (source.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
      av_channel_layout_default(&samples->ch_layout, source.ch_layout.nb_channels);
    else
      check(av_channel_layout_copy(&samples->ch_layout, &source.ch_layout), kFailed, "");
    openFilters(*samples);
    in_ = out_ = nullptr;
    graph_.reset();
  }

  /// Pitch kept or not, as a chain of filters between the decoder's samples and the encoder's.
  std::string chain() const {
    const auto number = [](double value) {
      char text[64];
      std::snprintf(text, sizeof text, "%.9f", value);
      return std::string(text);
    };
    std::string filters = "aresample=async=1:min_hard_comp=0.04,asetpts=N/SR/TB";
    const double tempo = 1.0 / stretch_;
    if (stretch_ != 1.0 && sound_ == Sound::StretchKeepPitch) {
      // Both smear a clap over what is before it, and swallow the end. Measured at 2 to 100 times: with this
      // lead its middle is within 6 ms, times the stretch, of where it belongs.
      constexpr int kMostChannels = 8;  // more crash the filter
      const bool rubberband = avfilter_get_by_name("rubberband") && tempo >= 0.01 && tempo <= 100 &&
                              decoder_->ch_layout.nb_channels <= kMostChannels;
      const double lead = rubberband ? std::max(0.0, 11.5 * (1 - tempo)) : 20;  // milliseconds
      filters += ",adelay=all=1:delays=" + number(lead) + ",apad=pad_dur=0.2";
      if (rubberband) {
        filters += ",rubberband=tempo=" + number(tempo);
      } else {
        // One atempo does at best half the speed well.
        constexpr double kSlowest = 0.5, kFastest = 2.0;
        double left = tempo;
        for (; left < kSlowest; left /= kSlowest) filters += ",atempo=0.5";
        for (; left > kFastest; left /= kFastest) filters += ",atempo=2.0";
        filters += ",atempo=" + number(left);
      }
    } else if (stretch_ != 1.0) {
      // asetrate takes whole numbers: resample first to the rate that becomes a whole one when slowed.
      const double rate = decoder_->sample_rate;
      const auto slowed = static_cast<int64_t>(std::max(100.0, std::round(rate / stretch_)));
      filters += ",aresample=" + std::to_string(std::llround(static_cast<double>(slowed) * stretch_)) +
                 ",asetrate=" + std::to_string(slowed);
    }
    filters += ",aresample=" + std::to_string(encoder_->sample_rate);
    filters += ",aformat=sample_fmts=" + std::string(av_get_sample_fmt_name(encoder_->sample_fmt)) +
               ":sample_rates=" + std::to_string(encoder_->sample_rate) +
               ":channel_layouts=" + textOf(encoder_->ch_layout);
    // The end is cut to the sample below; this makes sure that there is enough to cut from.
    return filters + ",apad=pad_dur=2";
  }

  void openFilters(const AVFrame& first) {
    graph_ = newGraph();
    const std::string arguments = "time_base=1/" + std::to_string(first.sample_rate) +
                                  ":sample_rate=" + std::to_string(first.sample_rate) + ":sample_fmt=" +
                                  av_get_sample_fmt_name(static_cast<AVSampleFormat>(first.format)) +
                                  ":channel_layout=" + textOf(first.ch_layout);
    check(avfilter_graph_create_filter(&in_, avfilter_get_by_name("abuffer"), "in", arguments.c_str(),
                                       nullptr, graph_.get()),
          kFailed, "");
    check(avfilter_graph_create_filter(&out_, avfilter_get_by_name("abuffersink"), "out", nullptr, nullptr,
                                       graph_.get()),
          kFailed, "");
    AVFilterInOut* outputs = avfilter_inout_alloc();
    AVFilterInOut* inputs = avfilter_inout_alloc();
    if (!outputs || !inputs) throw std::bad_alloc();
    *outputs = {av_strdup("in"), in_, 0, nullptr};
    *inputs = {av_strdup("out"), out_, 0, nullptr};
    const int parsed = avfilter_graph_parse_ptr(graph_.get(), chain().c_str(), &inputs, &outputs, nullptr);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    check(parsed, kFailed, chain());
    check(avfilter_graph_config(graph_.get(), nullptr), kFailed, chain());
    if (encoder_->frame_size > 0)
      av_buffersink_set_frame_size(out_, static_cast<unsigned>(encoder_->frame_size));
  }

  void decode(Output& output) {
    for (;;) {
      Picture samples = newPicture();
      const int code = avcodec_receive_frame(decoder_.get(), samples.get());
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
      if (code < 0) continue;
      if (trim(*samples)) filter(std::move(samples), output);
    }
  }

  /// Cuts what lies before the first frame or beyond the end, to the sample. False: nothing is left.
  bool trim(AVFrame& samples) {
    const double rate = samples.sample_rate;
    if (rate <= 0 || samples.nb_samples <= 0) return false;
    const int64_t stamp = samples.best_effort_timestamp;
    const double start = stamp != AV_NOPTS_VALUE ? static_cast<double>(stamp) * av_q2d(base_) : lastEnd_;
    const auto bounded = [&](double seconds) {
      return static_cast<int>(
          std::clamp(std::round(seconds * rate), 0.0, static_cast<double>(samples.nb_samples)));
    };
    const int skip = bounded(timeline_.origin - start);
    const int keep = bounded(timeline_.end - start);
    if (skip >= keep) return false;
    if (skip > 0) {
      const bool planar = av_sample_fmt_is_planar(static_cast<AVSampleFormat>(samples.format)) != 0;
      const int channels = samples.ch_layout.nb_channels,
                width = av_get_bytes_per_sample(static_cast<AVSampleFormat>(samples.format));
      for (int plane = 0; plane < (planar ? channels : 1); ++plane)
        samples.extended_data[plane] += skip * width * (planar ? 1 : channels);
      if (samples.extended_data != samples.data)
        std::copy_n(samples.extended_data, std::min(AV_NUM_DATA_POINTERS, channels), samples.data);
    }
    samples.nb_samples = keep - skip;
    if (samples.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
      av_channel_layout_default(&samples.ch_layout, samples.ch_layout.nb_channels);
    const double from = start + skip / rate;
    if (!in_) firstStart_ = from;
    lastEnd_ = from + samples.nb_samples / rate;
    samples.pts = std::llround((from - firstStart_) * rate);
    return true;
  }

  void filter(Picture samples, Output& output) {
    if (!in_) {
      first_ = formatLike(*samples);
      openFilters(*samples);
      // The offset to the video's start is stretched like everything else.
      written_ = 0;
      offset_ = std::llround(std::max(0.0, firstStart_ - timeline_.origin) * timeline_.stretch *
                             encoder_->sample_rate);
    }
    if (!sameFormat(*samples, *first_)) samples = asAtFirst(*samples);
    if (!samples || av_buffersrc_add_frame(in_, samples.get()) < 0) return;
    drainFilters(output);
  }

  /// Recordings of television change from stereo to surround and back.
  Picture asAtFirst(const AVFrame& samples) {
    Picture same = formatLike(*first_);
    if (!resampler_) resampler_.reset(swr_alloc());
    if (!resampler_) throw std::bad_alloc();
    if (before_ && !sameFormat(*before_, samples)) swr_close(resampler_.get());
    before_ = formatLike(samples);
    if (swr_convert_frame(resampler_.get(), same.get(), &samples) < 0) return nullptr;
    same->pts = av_rescale(samples.pts, same->sample_rate, samples.sample_rate);
    return same;
  }

  void drainFilters(Output& output) {
    for (;;) {
      Picture samples = newPicture();
      if (av_buffersink_get_frame(out_, samples.get()) < 0) return;
      if (total_)
        samples->nb_samples =
            static_cast<int>(std::clamp<int64_t>(*total_ - written_, 0, samples->nb_samples));
      if (samples->nb_samples > 0) send(*samples, output);
    }
  }

  void send(AVFrame& samples, Output& output) {
    samples.pts = offset_ + written_;
    written_ += samples.nb_samples;
    encode(&samples, output);
  }

  void encode(AVFrame* samples, Output& output) {
    check(avcodec_send_frame(encoder_.get(), samples), kFailed, encoder_->codec->name);
    const Packet packet = newPacket();
    while (avcodec_receive_packet(encoder_.get(), packet.get()) >= 0) {
      packet->stream_index = index_;
      output.write(*packet, encoder_->time_base);
    }
  }

  int source_, index_ = 0;
  AVRational base_;
  Timeline timeline_;
  Sound sound_;
  double stretch_;
  Codec decoder_, encoder_;
  Graph graph_;
  AVFilterContext *in_ = nullptr, *out_ = nullptr;
  Picture first_, before_;  ///< the format in which the sound began, and that of what was converted last
  std::unique_ptr<SwrContext, decltype([](SwrContext* gone) { swr_free(&gone); })> resampler_;
  double firstStart_ = 0, lastEnd_ = 0;  ///< seconds on the file's clock, of the sound that is kept
  int64_t offset_ = 0, written_ = 0;     ///< samples of the result
  std::optional<int64_t> total_;
};

}  // namespace

std::unique_ptr<Track> copySound(const std::filesystem::path& file, const Input& input, int stream,
                                 const Timeline& timeline, Sound sound, Output& output) {
  return std::make_unique<CopiedSound>(file, input, stream, timeline, sound, output);
}

std::unique_ptr<Track> encodeSound(const Input& input, const PlannedStream& planned, const Timeline& timeline,
                                   Sound sound, Output& output) {
  return std::make_unique<EncodedSound>(input, planned, timeline, sound, output);
}

}  // namespace fw::ffmpeg
