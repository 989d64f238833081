#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <set>
#include <string_view>

#include "core/video/track.h"

namespace fw::ffmpeg {
namespace {

/// Asks the muxer itself: tables of what containers hold are never complete.
bool holds(const AVOutputFormat* container, const AVCodecParameters& codec) {
  AVFormatContext* trial = nullptr;
  if (avformat_alloc_output_context2(&trial, container, nullptr, nullptr) < 0) return false;
  bool held = false;
  if (AVStream* stream = avformat_new_stream(trial, nullptr);
      stream && avcodec_parameters_copy(stream->codecpar, &codec) >= 0 &&
      avio_open_dyn_buf(&trial->pb) >= 0) {
    stream->codecpar->codec_tag = 0;
    stream->time_base = {1, codec.sample_rate > 0 ? codec.sample_rate : 1000};
    trial->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
    held = avformat_write_header(trial, nullptr) >= 0;
    if (held) av_write_trailer(trial);
    uint8_t* bytes = nullptr;
    avio_close_dyn_buf(trial->pb, &bytes);
    av_free(bytes);
    trial->pb = nullptr;
  }
  avformat_free_context(trial);
  return held;
}

bool isLossless(AVCodecID codec) {
  const AVCodecDescriptor* description = avcodec_descriptor_get(codec);
  return description && (description->props & AV_CODEC_PROP_LOSSLESS) != 0;
}

bool isBitmap(AVCodecID codec) {
  const AVCodecDescriptor* description = avcodec_descriptor_get(codec);
  return description && (description->props & AV_CODEC_PROP_BITMAP_SUB) != 0;
}

std::string containerWord(const AVOutputFormat* container) {
  const std::string name = container->name;
  if (name == "mp4" || name == "ipod") return "MP4";
  if (name == "mov") return "MOV";
  if (name == "webm") return "WebM";
  if (name == "matroska") return "Matroska";
  return name;
}

std::string named(const char* what, const AVStream& stream, int number) {
  std::string text = std::string(what) + " " + std::to_string(number);
  const std::string title = tag(stream.metadata, "title"), language = tag(stream.metadata, "language");
  if (!title.empty())
    text += " “" + title + "”";
  else if (!language.empty() && language != "und")
    text += " (" + language + ")";
  return text;
}

/// The encoder for sound that has to be encoded: the source's own kind where that stays as good, else the
/// container's usual one.
const AVCodec* soundEncoder(const AVOutputFormat* container, AVCodecID source) {
  const std::string name = container->name;
  const bool open = name == "matroska";
  std::vector<const char*> candidates;
  if (name == "webm") {
    candidates = {"libopus", "libvorbis"};
  } else if (name == "mov" && isLossless(source)) {
    candidates = {"pcm_s24le", "alac", "aac"};
  } else if (open && isLossless(source)) {
    candidates = {"flac", "aac"};
  } else if (open && source == AV_CODEC_ID_OPUS) {
    candidates = {"libopus", "aac"};
  } else if (name == "avi") {
    candidates = {"libmp3lame", "ac3"};
  } else {
    candidates = {"aac", "libopus"};
  }
  for (const char* candidate : candidates)
    if (const AVCodec* encoder = avcodec_find_encoder_by_name(candidate)) return encoder;
  return nullptr;
}

const AVCodec* subtitleEncoder(const AVOutputFormat* container) {
  const std::string name = container->name;
  const char* encoder = name == "mp4" || name == "mov" || name == "ipod" ? "mov_text"
                        : name == "webm"                                 ? "webvtt"
                        : name == "matroska"                             ? "srt"
                                                                         : nullptr;
  return encoder ? avcodec_find_encoder_by_name(encoder) : nullptr;
}

}  // namespace

StreamPlan planStreams(const Input& source, int videoStream, const Retiming& retiming,
                       const AVOutputFormat* container) {
  StreamPlan plan;
  const std::string word = containerWord(container), name = container->name;
  const bool retimesSound = retiming.stretch != 1.0 && (retiming.sound == Sound::StretchKeepPitch ||
                                                        retiming.sound == Sound::SlowWithPitch);
  const auto note = [&](std::initializer_list<std::string_view> parts) {
    std::string& text = plan.notes.emplace_back();
    for (const std::string_view part : parts) text += part;
  };
  int sounds = 0, subtitles = 0, otherVideos = 0, data = 0, attachments = 0;
  for (unsigned i = 0; i < source->nb_streams; ++i) {
    const AVStream& stream = *source->streams[i];
    const AVCodecParameters& codec = *stream.codecpar;
    PlannedStream planned{static_cast<int>(i), codec.codec_type, Handling::Copy, nullptr};
    if (planned.source == videoStream) continue;
    const std::string codecName = avcodec_get_name(codec.codec_id);
    switch (codec.codec_type) {
      case AVMEDIA_TYPE_AUDIO: {
        ++sounds;
        if (retiming.sound == Sound::None) continue;
        const bool held = holds(container, codec);
        if (!held || retimesSound) {
          planned.handling = Handling::Encode;
          planned.encoder = soundEncoder(container, codec.codec_id);
          if (!planned.encoder || !avcodec_find_decoder(codec.codec_id)) {
            note({named("Sound track", stream, sounds), " is left out: its format (", codecName,
                  ") cannot be converted for ", word, "."});
            continue;
          }
          if (!held)
            note({named("Sound track", stream, sounds), " is converted from ", codecName, " to ",
                  avcodec_get_name(planned.encoder->id), ": ", word, " cannot hold the original."});
        }
        break;
      }
      case AVMEDIA_TYPE_SUBTITLE: {
        ++subtitles;
        const std::string label = named("Subtitle track", stream, subtitles);
        if (holds(container, codec)) break;
        planned.handling = Handling::Encode;
        planned.encoder = subtitleEncoder(container);
        if (isBitmap(codec.codec_id) || !planned.encoder || !avcodec_find_decoder(codec.codec_id)) {
          note({label, " is left out: ", word, " cannot hold its format (", codecName,
                "). Choose MKV to keep it."});
          continue;
        }
        if (codec.codec_id == AV_CODEC_ID_ASS)
          note({label, " becomes plain text: ", word, " cannot hold its styles. Choose MKV to keep them."});
        break;
      }
      case AVMEDIA_TYPE_ATTACHMENT:
        if (name != "matroska") {
          ++attachments;
          continue;
        }
        planned.handling = Handling::Attach;
        break;
      case AVMEDIA_TYPE_VIDEO:
        if ((stream.disposition & AV_DISPOSITION_ATTACHED_PIC) == 0 || stream.attached_pic.size <= 0) {
          ++otherVideos;
          continue;
        }
        if (name == "matroska")
          planned.handling = Handling::Attach;
        else if (name == "mp4" || name == "ipod")
          planned.handling = Handling::CoverPicture;
        else {
          note({"The cover picture is left out: ", word, " cannot hold one."});
          continue;
        }
        break;
      default:
        // Chapter titles and time codes of QuickTime are streams too; they are rebuilt or mean nothing here.
        if (codec.codec_tag != MKTAG('t', 'm', 'c', 'd') && codec.codec_tag != MKTAG('t', 'e', 'x', 't'))
          ++data;
        continue;
    }
    plan.streams.push_back(planned);
  }
  if (otherVideos > 0)
    plan.notes.push_back("Only the first video is kept; " + std::to_string(otherVideos) +
                         " more in the file " + (otherVideos == 1 ? "is" : "are") + " left out.");
  if (data > 0) plan.notes.push_back("Camera or sensor data in the file is left out.");
  if (attachments > 0)
    plan.notes.push_back(
        std::to_string(attachments) +
        (attachments == 1 ? " attached file (such as a font) is" : " attached files (such as fonts) are") +
        " left out: " + word + " cannot hold them. Choose MKV to keep them.");
  if (source->nb_chapters > 0 && name == "webm")
    plan.notes.push_back("Chapters may not show in every player of WebM.");
  return plan;
}

Timeline timelineOf(const VideoInfo& source, const Retiming& retiming) {
  Timeline timeline;
  timeline.origin = source.start + retiming.trimStart;
  timeline.end =
      retiming.trimEnd >= 0 ? source.start + retiming.trimEnd : std::numeric_limits<double>::infinity();
  timeline.stretch = retiming.stretch;
  timeline.trimmedStart = retiming.trimStart > 0;
  return timeline;
}

void copyDescription(const AVStream& from, AVStream& to) {
  static const std::set<std::string> kKept{"language", "title", "handler_name", "comment"};
  const AVDictionaryEntry* entry = nullptr;
  while ((entry = av_dict_get(from.metadata, "", entry, AV_DICT_IGNORE_SUFFIX)))
    if (kKept.contains(entry->key)) av_dict_set(&to.metadata, entry->key, entry->value, 0);
  to.disposition = from.disposition & ~AV_DISPOSITION_ATTACHED_PIC;
}

}  // namespace fw::ffmpeg
