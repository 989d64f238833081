#pragma once
/// What accompanies the video in the result: which streams, in what form, and how they get there. Private to
/// core/video.
#include <vector>

#include "core/video/assemble.h"
#include "core/video/ffmpeg.h"

namespace fw::ffmpeg {

enum class Handling { Copy, Encode, Attach, CoverPicture };

struct PlannedStream {
  int source = 0;
  AVMediaType kind = AVMEDIA_TYPE_UNKNOWN;
  Handling handling = Handling::Copy;
  const AVCodec* encoder = nullptr;  ///< for Encode
};

/// Which of the source's streams go into `output` and how; what cannot go is said in `notes`.
struct StreamPlan {
  std::vector<PlannedStream> streams;
  std::vector<std::string> notes;
};
StreamPlan planStreams(const Input& source, int videoStream, const Retiming& retiming,
                       const AVOutputFormat* container);

/// Source seconds on the file's own clock to seconds of the result.
struct Timeline {
  double origin = 0;  ///< the file's clock at the result's zero
  double end = 0;     ///< likewise at its end; infinite when untrimmed
  double stretch = 1;
  bool trimmedStart = false;
};
Timeline timelineOf(const VideoInfo& source, const Retiming& retiming);

/// A stream of the result in the making.
class Track {
 public:
  virtual ~Track() = default;
  /// Takes one packet of the source and writes what comes of it.
  virtual void take(AVPacket& packet, Output& output) = 0;
  virtual void finish(Output&) {}
  virtual int source() const = 0;
};

/// Each adds its stream to the output, which must not have begun.
std::unique_ptr<Track> copySound(const std::filesystem::path& file, const Input& input, int stream,
                                 const Timeline& timeline, Sound sound, Output& output);
std::unique_ptr<Track> encodeSound(const Input& input, const PlannedStream& planned, const Timeline& timeline,
                                   Sound sound, Output& output);
std::unique_ptr<Track> copySubtitles(const Input& input, int stream, const Timeline& timeline,
                                     Output& output);
std::unique_ptr<Track> convertSubtitles(const Input& input, const PlannedStream& planned,
                                        const Timeline& timeline, Output& output);

/// Language, title and disposition, as a person set them; what counted the old stream's bytes and frames is
/// left behind.
void copyDescription(const AVStream& from, AVStream& to);

}  // namespace fw::ffmpeg
