#pragma once
#include <set>

#include "core/slowmo/job.h"
#include "core/slowmo/timing.h"
#include "core/video/assemble.h"
#include "core/video/writer.h"

namespace fw {

/// The request's settings, checked; throws Error.
Settings settingsOf(const SlowmoRequest&);

enum class ResultKind { Video, AnimatedPicture, Pictures };

/// What the settings come to for this source: every "auto" decided.
struct SlowmoChoices {
  Timing timing;
  Sound sound = Sound::Keep;
  ResultKind kind = ResultKind::Video;
  std::string ending;            ///< of the result: "mp4"; of the single pictures: "png"
  EncodeSettings encode;         ///< of the result
  EncodeSettings segmentEncode;  ///< of the segments: lossless when they are not the final form
  cv::Rect crop;                 ///< empty: all
  cv::Size size;                 ///< of the result's frames, after crop and scale
  std::vector<std::string> notes;
};
SlowmoChoices choicesFor(const SlowmoRequest&, const VideoInfo&);

/// The one chosen, and those of the parts for which another was chosen.
std::set<std::string> enginesOf(const SlowmoRequest&);
/// The engine's own settings, as the request has them under "<engine>_<name>".
Settings engineSettings(const Settings&, const EngineKind&);
EngineOptions engineOptions(const Settings&);

}  // namespace fw
