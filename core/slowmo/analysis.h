#pragma once
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <stop_token>

#include "core/slowmo/duplicates.h"
#include "core/slowmo/job.h"
#include "core/video/video.h"

namespace fw {

/// What is learnt of a clip before frames are made: its exact times, cuts and repeated frames. Numbers of
/// frames count from the first one used (trim).
struct Analysis {
  std::vector<int64_t> pts;         ///< of every frame, rising, in VideoInfo::timeBase
  int64_t firstPts = 0;             ///< of the file's first frame: source seconds count from here
  int64_t endPts = 0;               ///< when the last frame stops being shown
  std::vector<int64_t> cuts;        ///< frames that begin a new scene, as found
  std::vector<int64_t> duplicates;  ///< frames that repeat the one before
  bool roundClean = true;           ///< going round from the last frame to the first would be no cut
  int64_t damagedPackets = 0;
  bool clockJumps = false;  ///< ReadOptions::clockJumps

  int64_t frames() const { return static_cast<int64_t>(pts.size()); }
};

struct AnalyseOptions {
  double from = 0, to = -1;  ///< source seconds; −1: the end
  bool cuts = true;
  double sensitivity = 0.5;
  DuplicateMode duplicates = DuplicateMode::Automatic;
  std::vector<double> cutsAdded, cutsRemoved;
};
AnalyseOptions analyseOptions(const SlowmoRequest&);

using HearFrame = std::function<void(int64_t frames, const Analysis& soFar)>;

/// Decodes the clip once, small. Throws Error; when stopped, what it has.
Analysis analyse(const SlowmoRequest&, const AnalyseOptions&, const HearFrame&, std::stop_token);
/// The same, and kept in the store's folder: the window looks at a clip before its job does, and the next job
/// makes something else of the same clip. Of a clip that is known nothing is decoded and nothing heard.
Analysis analyseOnce(const std::filesystem::path& home, const SlowmoRequest&, const AnalyseOptions&,
                     const HearFrame&, std::stop_token);

/// The request's source, opened: one video, a folder, or the pictures of a sequence.
VideoReader openSource(const SlowmoRequest&, ReadOptions = {});

double sourceSeconds(const Analysis&, const VideoInfo&, int64_t frame);

nlohmann::json toJson(const Analysis&);
Analysis analysisFromJson(const nlohmann::json&);

}  // namespace fw
