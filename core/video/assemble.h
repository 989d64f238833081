#pragma once
#include <functional>
#include <span>
#include <stop_token>

#include "core/video/video.h"

namespace fw {

enum class Sound { StretchKeepPitch, SlowWithPitch, Keep, None };

/// How the source's other streams follow the new timing: source second s, counted from its first frame, is
/// shown at (s − trimStart) · stretch. With Sound::Keep the sound runs at its own speed whatever the stretch.
struct Retiming {
  double stretch = 1.0;                ///< 4.0 for four times slower; 1.0 when only the rate rises
  double trimStart = 0, trimEnd = -1;  ///< source seconds; −1: the end
  Sound sound = Sound::Keep;
  double end = -1, lastFrame = 0;  ///< seconds of the result: its end, and how long its last frame is shown;
                                   ///< −1: as the segments say, of which many files do not keep all
  bool picturesAlone = false;      ///< nothing of the source's other streams
};

struct AssembleReport {
  std::vector<std::string> notes;  ///< what the container could not hold, what had to be re-encoded and why
};

/// Joins video segments (in order, timestamps already right and shared time base) and adds the source's
/// sound, subtitles, chapters, attachments and metadata, retimed. What the container cannot hold is left out
/// with a note; the video is finished anyway. Sound is copied bit for bit when it is kept whole and the
/// container holds it. Writes beside `output`, then renames.
/// A stop request ends it with an Error and leaves no file. `quality` is for what is compressed only now, GIF
/// and WebP.
AssembleReport assemble(std::span<const std::filesystem::path> segments, const VideoInfo& source,
                        const Retiming&, const std::filesystem::path& output,
                        const std::function<void(double fraction)>& onProgress, std::stop_token,
                        int quality = 18);

/// What assemble() would note for this container, without doing it; for showing before the start.
std::vector<std::string> assembleNotes(const VideoInfo& source, const Retiming&,
                                       const std::filesystem::path& output);

}  // namespace fw
