#include "core/video/assemble.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <queue>

#include "core/base/error.h"
#include "core/video/animation.h"
#include "core/video/encoder.h"
#include "core/video/stream_info.h"
#include "core/video/track.h"

namespace fs = std::filesystem;

namespace fw {
namespace {

using namespace ffmpeg;

/// The packets of all segments as one stream whose decoding times rise, as if one encoder had made it.
class JoinedVideo {
 public:
  JoinedVideo(std::span<const fs::path> segments, const VideoInfo& source, const Retiming& retiming,
              Output& output)
      : segments_(segments) {
    if (segments.empty()) throw Error("There is nothing to join", "", "");
    open(0);
    base_ = stream().time_base;
    if (retiming.end > 0) {
      end_ = std::llround(retiming.end / av_q2d(base_));
      lastPts_ = std::llround((retiming.end - retiming.lastFrame) / av_q2d(base_));
    }
    AVStream* to = output.addStream();
    index_ = to->index;
    AVCodecParameters& codec = *to->codecpar;
    check(avcodec_parameters_copy(&codec, stream().codecpar), kFailed, segments[0].string());
    // Some segments' containers and codecs keep no colour tags.
    const Colour colour = storedColour(source, codec.codec_id, static_cast<AVPixelFormat>(codec.format),
                                       codec.width, codec.height);
    if (codec.color_space == AVCOL_SPC_UNSPECIFIED) codec.color_space = colour.matrix;
    if (codec.color_range == AVCOL_RANGE_UNSPECIFIED) codec.color_range = colour.range;
    if (codec.color_primaries == AVCOL_PRI_UNSPECIFIED) codec.color_primaries = colour.primaries;
    if (codec.color_trc == AVCOL_TRC_UNSPECIFIED) codec.color_trc = colour.transfer;
    if (codec.chroma_location == AVCHROMA_LOC_UNSPECIFIED) codec.chroma_location = colour.chroma;
    const bool matroska = std::string(output->oformat->name) == "matroska";
    if (codec.codec_id == AV_CODEC_ID_HEVC)
      codec.codec_tag = matroska ? 0 : MKTAG('h', 'v', 'c', '1');
    else if (codec.codec_id != AV_CODEC_ID_PRORES)  // whose kind is in its tag
      codec.codec_tag = 0;
    carry(source.masteringDisplay, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, *to);
    carry(source.contentLight, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, *to);
    to->time_base = base_;
    to->sample_aspect_ratio = codec.sample_aspect_ratio = stream().sample_aspect_ratio;
    to->avg_frame_rate = stream().avg_frame_rate;
    to->disposition = AV_DISPOSITION_DEFAULT;
    delay_ = static_cast<std::size_t>(std::max(0, codec.video_delay));
    for (const fs::path& segment : segments) {
      Input input(segment, Input::Known::WhatTheHeaderSays);
      const AVStream& part = *input.stream(videoStream(input, segment));
      delay_ = std::max(delay_, static_cast<std::size_t>(std::max(0, part.codecpar->video_delay)));
      seconds_ += part.duration > 0 ? static_cast<double>(part.duration) * av_q2d(part.time_base) : 0;
    }
  }

  double reached() const { return ended_ ? INFINITY : reached_; }
  double seconds() const { return seconds_; }
  int index() const { return index_; }

  /// Writes one packet. False: there are no more.
  bool advance(Output& output) {
    Packet packet = next_ ? std::move(next_) : read();
    if (!packet) {
      ended_ = true;
      return false;
    }
    next_ = read();
    // Decoding times are the presentation times in order, `delay_` frames earlier. Those that the segments
    // carry overlap.
    if (delays_.empty()) {
      // MP4 does not say how long a frame lasts when frames are reordered. Too short a step here would end
      // the track that many frames early.
      const int64_t step = packet->duration > 0 ? packet->duration : usualDuration();
      for (std::size_t i = delay_; i > 0; --i) delays_.push(packet->pts - static_cast<int64_t>(i) * step);
    }
    delays_.push(packet->pts);
    packet->dts = delays_.top();
    delays_.pop();
    if (lastDts_ != AV_NOPTS_VALUE && packet->dts <= lastDts_) packet->dts = lastDts_ + 1;
    if (packet->dts > packet->pts)
      throw Error("The segments overlap in time", segments_[at_].string(),
                  "Remove the job's segments and make them again.");
    if (lastDts_ == AV_NOPTS_VALUE) {
      firstPts_ = packet->pts;
      firstDts_ = packet->dts;
    }
    lastDts_ = packet->dts;
    holdLast(*packet);
    reached_ = std::max(reached_, static_cast<double>(packet->pts) * av_q2d(base_));
    packet->stream_index = index_;
    packet->pos = -1;
    output.write(*packet, base_);
    return true;
  }

 private:
  static constexpr const char* kFailed = "Could not join the video";

  static void carry(const std::vector<uint8_t>& bytes, AVPacketSideDataType what, AVStream& to) {
    if (bytes.empty()) return;
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    AVCodecParameters& codec = *to.codecpar;
    AVPacketSideData* data =
        av_packet_side_data_new(&codec.coded_side_data, &codec.nb_coded_side_data, what, bytes.size(), 0);
    uint8_t* into = data ? data->data : nullptr;
#else
    uint8_t* into = av_stream_new_side_data(&to, what, bytes.size());
#endif
    if (!into) throw std::bad_alloc();
    std::ranges::copy(bytes, into);
  }

  // A last frame that is held is longer than its neighbours, and MP4 keeps only how long the packet is that
  // comes last, which may be of an earlier frame.
  void holdLast(AVPacket& packet) {
    if (end_ == AV_NOPTS_VALUE) return;
    // Segments do not keep how long each frame is shown: what is known is their mean.
    const int64_t mean = packet.duration > 0 ? packet.duration : usualDuration();
    packet.duration = std::min(mean, std::max<int64_t>(1, end_ - packet.pts));
    if (std::abs(packet.pts - lastPts_) <= 1)
      packet.duration = std::max<int64_t>(1, end_ - packet.pts);
    else if (!next_)
      packet.duration =
          std::max(packet.duration, std::min(end_ - firstPts_ - (packet.dts - firstDts_), end_ - packet.pts));
  }

  AVStream& stream() const { return *input_->stream(stream_); }
  int64_t usualDuration() const {
    const AVRational rate = stream().avg_frame_rate;
    if (rate.num > 0 && rate.den > 0) return std::max<int64_t>(1, av_rescale_q(1, av_inv_q(rate), base_));
    const int64_t whole = av_rescale_q(stream().duration, stream().time_base, base_);
    return std::max<int64_t>(1, stream().nb_frames > 0 ? whole / stream().nb_frames : 1);
  }

  void open(std::size_t segment) {
    at_ = segment;
    input_.emplace(segments_[segment], segment == 0 ? Input::Known::All : Input::Known::WhatTheHeaderSays);
    stream_ = videoStream(*input_, segments_[segment]);
    input_->keepOnly(std::span(&stream_, 1));
    const AVCodecParameters& codec = *stream().codecpar;
    const std::string headers(reinterpret_cast<const char*>(codec.extradata),
                              static_cast<std::size_t>(std::max(0, codec.extradata_size)));
    if (segment == 0) headers_ = headers;
    if (headers != headers_)
      throw Error("The segments were made with different settings", segments_[segment].string(),
                  "Remove the job's segments and make them again.");
  }

  Packet read() {
    for (;;) {
      Packet packet = newPacket();
      const int code = input_->read(*packet);
      if (code >= 0 && packet->pts != AV_NOPTS_VALUE) {
        av_packet_rescale_ts(packet.get(), stream().time_base, base_);
        return packet;
      }
      if (code >= 0) continue;
      if (code != AVERROR_EOF)
        check(code, kFailed, segments_[at_].string(), "Remove this segment and make it again.");
      if (at_ + 1 == segments_.size()) return nullptr;
      open(at_ + 1);
    }
  }

  std::span<const fs::path> segments_;
  std::optional<Input> input_;
  std::size_t at_ = 0;
  int stream_ = 0, index_ = 0;
  AVRational base_{};
  Packet next_;
  int64_t end_ = AV_NOPTS_VALUE, lastPts_ = AV_NOPTS_VALUE, firstPts_ = 0, firstDts_ = 0;
  std::string headers_;
  std::size_t delay_ = 0;
  std::priority_queue<int64_t, std::vector<int64_t>, std::greater<>> delays_;
  int64_t lastDts_ = AV_NOPTS_VALUE;
  double reached_ = -INFINITY, seconds_ = 0;
  bool ended_ = false;
};

/// The source's tracks of one speed, read in one pass.
class Companions {
 public:
  Companions(const VideoInfo& source, std::vector<std::unique_ptr<Track>> tracks, const Timeline& timeline,
             double stretch)
      : input_(source.file), tracks_(std::move(tracks)), timeline_(timeline), stretch_(stretch) {
    std::vector<int> wanted;
    for (const auto& track : tracks_) wanted.push_back(track->source());
    input_.keepOnly(wanted);
    if (timeline.trimmedStart && !source.clockJumps) {
      constexpr double kBefore = 5.0;  // lines that began earlier may still be shown
      const auto from = static_cast<int64_t>((timeline.origin - kBefore) * AV_TIME_BASE);
      if (!input_.seek(-1, from)) input_.seek(-1, 0);
    }
  }

  double reached() const { return ended_ ? INFINITY : reached_; }

  void advance(Output& output) {
    const Packet packet = newPacket();
    const int code = input_.read(*packet);
    constexpr double kBeyond = 10.0;  // streams are not interleaved to the second
    const int damaged = code < 0 && code != AVERROR_EOF ? ++damaged_ : 0;
    constexpr int kGiveUpAfter = 1000;
    if (code == AVERROR_EOF || damaged > kGiveUpAfter || (code < 0 && avio_feof(input_->pb)) ||
        reached_ > (timeline_.end - timeline_.origin + kBeyond) * stretch_) {
      for (const auto& track : tracks_) track->finish(output);
      ended_ = true;
      return;
    }
    if (code < 0) return;
    const AVStream& stream = *input_.stream(packet->stream_index);
    const int64_t time = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
    if (time != AV_NOPTS_VALUE)
      reached_ = (static_cast<double>(time) * av_q2d(stream.time_base) - timeline_.origin) * stretch_;
    for (const auto& track : tracks_)
      if (track->source() == packet->stream_index) {
        track->take(*packet, output);
        break;
      }
  }

 private:
  Input input_;
  std::vector<std::unique_ptr<Track>> tracks_;
  Timeline timeline_;
  double stretch_;
  double reached_ = -INFINITY;
  int damaged_ = 0;
  bool ended_ = false;
};

/// Pictures and animations are nothing but video.
bool hasCompanions(const VideoInfo& source) {
  return !source.audio.empty() || !source.subtitles.empty() || source.chapters > 0 ||
         source.attachments > 0 ||
         (source.container != "pictures" && source.container != "webp" && source.container != "gif" &&
          source.container != "apng");
}

void attach(const AVStream& from, Output& output) {
  AVStream* to = output.addStream();
  AVCodecParameters& codec = *to->codecpar;
  check(avcodec_parameters_copy(&codec, from.codecpar), "Could not copy the attachment", "");
  codec.codec_type = AVMEDIA_TYPE_ATTACHMENT;
  codec.codec_tag = 0;
  av_dict_copy(&to->metadata, from.metadata, 0);
  if (from.attached_pic.size <= 0) return;
  // A cover picture is a file that Matroska attaches.
  av_freep(&codec.extradata);
  codec.extradata = static_cast<uint8_t*>(
      av_mallocz(static_cast<std::size_t>(from.attached_pic.size) + AV_INPUT_BUFFER_PADDING_SIZE));
  if (!codec.extradata) throw std::bad_alloc();
  codec.extradata_size = from.attached_pic.size;
  std::memcpy(codec.extradata, from.attached_pic.data, static_cast<std::size_t>(from.attached_pic.size));
  const bool png = codec.codec_id == AV_CODEC_ID_PNG;
  av_dict_set(&to->metadata, "filename", png ? "cover.png" : "cover.jpg", 0);
  av_dict_set(&to->metadata, "mimetype", png ? "image/png" : "image/jpeg", 0);
}

int addCover(const AVStream& from, Output& output) {
  AVStream* to = output.addStream();
  check(avcodec_parameters_copy(to->codecpar, from.codecpar), "Could not copy the cover picture", "");
  to->codecpar->codec_tag = 0;
  to->disposition = AV_DISPOSITION_ATTACHED_PIC;
  to->time_base = {1, 90'000};
  return to->index;
}

void copyChapters(const AVFormatContext& from, const Timeline& timeline, AVFormatContext& to) {
  if (from.nb_chapters == 0) return;
  to.chapters = static_cast<AVChapter**>(av_calloc(from.nb_chapters, sizeof(AVChapter*)));
  if (!to.chapters) throw std::bad_alloc();
  for (unsigned i = 0; i < from.nb_chapters; ++i) {
    const AVChapter& old = *from.chapters[i];
    const double start = std::max(static_cast<double>(old.start) * av_q2d(old.time_base), timeline.origin);
    const double end = std::min(static_cast<double>(old.end) * av_q2d(old.time_base), timeline.end);
    if (end <= start) continue;
    auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
    if (!chapter) throw std::bad_alloc();
    chapter->id = old.id;
    chapter->time_base = {1, 1000};
    chapter->start = std::llround((start - timeline.origin) * timeline.stretch * 1000);
    chapter->end = std::llround((end - timeline.origin) * timeline.stretch * 1000);
    av_dict_copy(&chapter->metadata, old.metadata, 0);
    to.chapters[to.nb_chapters++] = chapter;
  }
}

void copyMetadata(const AVFormatContext& from, AVFormatContext& to) {
  // These describe the old file, not what it shows.
  static constexpr const char* kOfTheOldFile[] = {"encoder", "major_brand", "minor_version",
                                                  "compatible_brands", "duration"};
  av_dict_copy(&to.metadata, from.metadata, 0);
  for (const char* key : kOfTheOldFile) av_dict_set(&to.metadata, key, nullptr, 0);
}

std::vector<std::string> animationNotes(const VideoInfo& source, const fs::path& output) {
  std::string word = output.extension().string().substr(1);
  std::ranges::transform(word, word.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::vector<std::string> notes;
  const auto leftOut = [&](bool present, const std::string& what) {
    if (present) notes.push_back(what + " left out: " + word + " cannot hold it.");
  };
  leftOut(!source.audio.empty(), "The sound is");
  leftOut(!source.subtitles.empty(), "The subtitles are");
  leftOut(source.chapters > 0, "The chapter list is");
  return notes;
}

const AVOutputFormat* knownContainer(const fs::path& output) {
  const AVOutputFormat* container = containerFor(output);
  if (!container)
    throw Error("No video container is known for this ending", output.string(),
                "Choose .mp4, .mkv, .mov, .webm, .gif or .webp.");
  return container;
}

/// A GIF that does not say goes round once; what was no animation goes round for ever.
int loopsLike(const VideoInfo& source) {
  return source.container == "gif" ? source.loops : std::max(0, source.loops);
}

}  // namespace

AssembleReport assemble(std::span<const fs::path> segments, const VideoInfo& source, const Retiming& retiming,
                        const fs::path& file, const std::function<void(double)>& onProgress,
                        std::stop_token stop, int quality) {
  AssembleReport report;
  if (isAnimation(file)) {
    encodeAnimation(
        segments, source, file, quality, loopsLike(source), onProgress ? onProgress : [](double) {}, stop);
    report.notes = animationNotes(source, file);
    return report;
  }
  if (!(retiming.stretch > 0))
    throw Error("The stretch must be positive", std::to_string(retiming.stretch), "");
  Output output(file, containerFor(file));
  JoinedVideo video(segments, source, retiming, output);
  std::vector<std::unique_ptr<Companions>> companions;
  struct Cover {
    int stream;
    Packet packet;
  };
  std::vector<Cover> covers;
  if (!retiming.picturesAlone && hasCompanions(source)) {
    const Input input(source.file);
    const int shown = videoStream(input, source.file);
    const Timeline timeline = timelineOf(source, retiming);
    StreamPlan plan = planStreams(input, shown, retiming, output->oformat);
    report.notes = std::move(plan.notes);
    std::vector<std::unique_ptr<Track>> sounds, subtitles;
    for (const PlannedStream& planned : plan.streams) {
      const AVStream& from = *input.stream(planned.source);
      if (planned.handling == Handling::Attach) continue;
      if (planned.handling == Handling::CoverPicture) {
        Packet packet = newPacket();
        check(av_packet_ref(packet.get(), &from.attached_pic), "Could not copy the cover picture",
              file.string());
        covers.push_back({addCover(from, output), std::move(packet)});
      } else if (planned.kind == AVMEDIA_TYPE_AUDIO) {
        try {
          sounds.push_back(
              planned.handling == Handling::Copy
                  ? copySound(source.file, input, planned.source, timeline, retiming.sound, output)
                  : encodeSound(input, planned, timeline, retiming.sound, output));
        } catch (const Error& error) {  // the pictures are worth having without it
          report.notes.push_back(std::string("A sound track is left out: ") + error.what());
        }
      } else {
        try {
          subtitles.push_back(planned.handling == Handling::Copy
                                  ? copySubtitles(input, planned.source, timeline, output)
                                  : convertSubtitles(input, planned, timeline, output));
        } catch (const Error& error) {
          report.notes.push_back(std::string("Subtitles are left out: ") + error.what());
        }
      }
    }
    // Attachments come last, as Matroska's own tools put them.
    for (const PlannedStream& planned : plan.streams)
      if (planned.handling == Handling::Attach) attach(*input.stream(planned.source), output);
    const double soundStretch = retiming.sound == Sound::Keep ? 1.0 : retiming.stretch;
    if (!sounds.empty())
      companions.push_back(std::make_unique<Companions>(source, std::move(sounds), timeline, soundStretch));
    if (!subtitles.empty())
      companions.push_back(
          std::make_unique<Companions>(source, std::move(subtitles), timeline, retiming.stretch));
    copyMetadata(*input.get(), *output.get());
    copyChapters(*input.get(), timeline, *output.get());
    copyDescription(*input.stream(shown), *output->streams[video.index()]);
    output->streams[video.index()]->disposition |= AV_DISPOSITION_DEFAULT;
  }

  Options options;
  const std::string container = output->oformat->name;
  if (container == "mp4" || container == "mov" || container == "ipod") {
    options.set("movflags", "+faststart");
    int timescale = output->streams[video.index()]->time_base.den;
    while (timescale < 10'000) timescale *= 2;
    options.set("movie_timescale", std::to_string(timescale));
  }
  output.begin(options);
  for (Cover& cover : covers) {
    cover.packet->stream_index = cover.stream;
    cover.packet->pts = cover.packet->dts = 0;
    output.write(*cover.packet, {1, 90'000});
  }
  // Whoever is behind goes first, so that little has to wait for its place in the file.
  const double whole = std::max(1e-9, video.seconds());
  bool more = true;
  while (more || std::ranges::any_of(companions, [](const auto& c) { return c->reached() != INFINITY; })) {
    if (stop.stop_requested()) throw Error("Stopped before the file was finished", file.string(), "");
    const auto behind = std::ranges::min_element(companions, {}, [](const auto& c) { return c->reached(); });
    if (behind != companions.end() && (*behind)->reached() < video.reached()) {
      (*behind)->advance(output);
    } else {
      more = video.advance(output);
      if (more && onProgress) onProgress(std::clamp(video.reached() / whole, 0.0, 1.0));
    }
  }
  output.finish();
  if (onProgress) onProgress(1.0);
  return report;
}

std::vector<std::string> assembleNotes(const VideoInfo& source, const Retiming& retiming,
                                       const fs::path& output) {
  if (isAnimation(output)) return animationNotes(source, output);
  const AVOutputFormat* container = knownContainer(output);
  if (!hasCompanions(source)) return {};
  const Input input(source.file);
  return planStreams(input, videoStream(input, source.file), retiming, container).notes;
}

}  // namespace fw
