#include "core/slowmo/analysis.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <span>
#include <thread>

#include "core/base/atomic_file.h"
#include "core/base/bounded_queue.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/version.h"
#include "core/slowmo/cuts.h"
#include "core/slowmo/fingerprint.h"
#include "core/slowmo/settings.h"
#include "core/slowmo/timing.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

constexpr int kAnalysisHeight = 180;  // cuts and repeats show as well as in full, at a fraction of the cost
constexpr std::size_t kClipsRemembered = 100;
constexpr std::size_t kFramesAhead = 8;  // decoding and looking overlap; small frames, so little memory

// The frame that a person means by a moment.
int64_t nearestFrame(const Analysis& analysis, const VideoInfo& info, double seconds) {
  const auto pts = analysis.firstPts + std::llround(seconds / info.timeBase.value());
  const auto after = std::ranges::lower_bound(analysis.pts, pts);
  if (after == analysis.pts.begin()) return 0;
  const bool earlier = after == analysis.pts.end() || pts - *(after - 1) < *after - pts;
  return after - analysis.pts.begin() - (earlier ? 1 : 0);
}

// A preview or a trim sees a part of the clip; edits elsewhere are not its business.
bool within(const Analysis& analysis, const VideoInfo& info, double seconds) {
  const double half =
      analysis.frames() > 1 ? 0.5 * (sourceSeconds(analysis, info, 1) - sourceSeconds(analysis, info, 0)) : 0;
  return seconds >= sourceSeconds(analysis, info, 0) - half &&
         seconds < sourceSeconds(analysis, info, analysis.frames());
}

void applyEdits(const AnalyseOptions& options, const VideoInfo& info, Analysis& analysis) {
  for (const double removed : options.cutsRemoved) {
    const int64_t frame = nearestFrame(analysis, info, removed);
    // A moment read off a timeline may be a frame off.
    if (within(analysis, info, removed))
      std::erase_if(analysis.cuts, [&](int64_t cut) { return std::abs(cut - frame) <= 1; });
  }
  for (const double added : options.cutsAdded) {
    const int64_t frame = nearestFrame(analysis, info, added);
    if (frame > 0 && within(analysis, info, added)) analysis.cuts.push_back(frame);
  }
  std::ranges::sort(analysis.cuts);
  const auto same = std::ranges::unique(analysis.cuts);
  analysis.cuts.erase(same.begin(), same.end());
}

// Runs of equal steps: a constant-rate film of any length is one pair of numbers.
nlohmann::json stepsToJson(const std::vector<int64_t>& values) {
  auto runs = nlohmann::json::array();
  int64_t step = 0, length = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    const int64_t next = values[i] - values[i - 1];
    if (length > 0 && next != step) {
      runs.push_back({length, step});
      length = 0;
    }
    step = next;
    ++length;
  }
  if (length > 0) runs.push_back({length, step});
  return runs;
}

/// What decoding the clip shows, before a person's edits.
struct Looked {
  Analysis analysis;           // its duplicates are not known yet
  std::vector<float> changes;  // of each frame from the one before
};

struct DecodedInBackground {
  BoundedQueue<Frame> frames{kFramesAhead};
  std::exception_ptr failure;
  int64_t damaged = 0;
  bool clockJumped = false;
};

// Whether what was seen goes on to its own beginning without a cut.
bool goesRound(CutDetector seen, const cv::Mat (&beginning)[2]) {
  if (beginning[1].empty()) return true;
  seen.next(beginning[0]);
  return !seen.next(beginning[1]).value_or(false);
}

constexpr double kLongFrame = 0.25;  // seconds

// Where a part begins or ends within a picture that stands for long, as in screen recordings, the picture is
// cut, too.
void cutLongFrames(const AnalyseOptions& options, const VideoInfo& info, Analysis& analysis) {
  const auto ticks = [&](double seconds) {
    return analysis.firstPts + std::llround(seconds / info.timeBase.value());
  };
  const int64_t longFrame = std::llround(kLongFrame / info.timeBase.value());
  const int64_t second = analysis.frames() > 1 ? analysis.pts[1] : analysis.endPts;
  if (options.from > 0 && second - analysis.pts.front() > longFrame)
    analysis.pts.front() = std::clamp<int64_t>(ticks(options.from), analysis.pts.front(), second - 1);
  if (options.to > 0 && analysis.endPts - analysis.pts.back() > longFrame)
    analysis.endPts = std::clamp<int64_t>(ticks(options.to), analysis.pts.back() + 1, analysis.endPts);
}

Looked lookThrough(const SlowmoRequest& request, const AnalyseOptions& options, const HearFrame& onFrame,
                   std::stop_token stop) {
  ReadOptions small;
  small.maxHeight = kAnalysisHeight;
  small.quick = true;
  // They wait for one another: one a core leaves cores idle.
  small.threads = 4 * static_cast<int>(std::thread::hardware_concurrency());
  VideoReader reader = openSource(request, small);
  const VideoInfo info = reader.info();
  if (options.from > 0) reader.seek(options.from);

  DecodedInBackground decoded;
  std::jthread decoder([&](std::stop_token ended) {
    try {
      while (auto frame = reader.next()) {
        frame->original.reset();
        if (!decoded.frames.push(std::move(*frame), ended)) break;
      }
      decoded.damaged = reader.damagedPackets();
      decoded.clockJumped = reader.clockJumped();
    } catch (...) {
      decoded.failure = std::current_exception();
    }
    decoded.frames.close();
  });
  const std::stop_callback alsoStopsDecoding(stop, [&] { decoder.request_stop(); });

  Looked looked;
  auto& [analysis, changes] = looked;
  CutDetector cuts(options.sensitivity);
  cv::Mat before, beginning[2];
  int64_t lastDuration = 0;
  bool trimmedAtEnd = false;
  while (auto frame = decoded.frames.pop(decoder.get_stop_token())) {
    if (analysis.pts.empty()) analysis.firstPts = options.from > 0 ? info.startPts : frame->pts;
    const double seconds = static_cast<double>(frame->pts - analysis.firstPts) * info.timeBase.value();
    if (!analysis.pts.empty() && frame->pts <= analysis.pts.back()) continue;
    if (options.to > 0 && seconds >= options.to && !analysis.pts.empty()) {
      analysis.endPts = frame->pts;
      trimmedAtEnd = true;
      break;
    }
    analysis.pts.push_back(frame->pts);
    lastDuration = frame->duration;
    if (options.cuts)
      if (const auto cut = cuts.next(frame->image); cut && *cut)
        analysis.cuts.push_back(analysis.frames() - 2);
    if (options.duplicates != DuplicateMode::Off)
      changes.push_back(before.empty() || before.size() != frame->image.size()
                            ? 255.0f
                            : static_cast<float>(liveliestChange(before, frame->image)));
    before = frame->image;
    if (analysis.frames() <= 2) beginning[analysis.frames() - 1] = before;
    if (onFrame) onFrame(analysis.frames(), analysis);
  }
  decoder.request_stop();
  decoder.join();
  if (decoded.failure) std::rethrow_exception(decoded.failure);
  if (analysis.pts.empty()) {
    if (stop.stop_requested()) return looked;
    throw Error("There is no frame to work on", info.file.string(),
                options.from > 0 ? "Set the trim so that it holds a part of the clip."
                                 : "The file holds no picture.");
  }
  if (options.cuts) {
    analysis.roundClean = goesRound(cuts, beginning);
    if (const auto cut = cuts.finish(); cut && *cut) analysis.cuts.push_back(analysis.frames() - 1);
  }
  analysis.damagedPackets = decoded.damaged;
  analysis.clockJumps = decoded.clockJumped;
  if (!trimmedAtEnd) {
    if (lastDuration <= 0 && analysis.frames() > 1)
      lastDuration = analysis.pts.back() - *(analysis.pts.end() - 2);
    // Many files say nothing, or nonsense, of how long the last frame is shown.
    if (info.frameRate.num > 0) {
      const auto usual = std::llround(1.0 / (info.frameRate.value() * info.timeBase.value()));
      const bool slides = 1 > kLongFrame * info.frameRate.value();  // each may stand for as long as it likes
      if (lastDuration <= 0 || (!info.variableRate && !slides && 2 * lastDuration < usual))
        lastDuration = usual;
    }
    analysis.endPts = analysis.pts.back() + std::max<int64_t>(1, lastDuration);
  }
  if (info.variableRate) cutLongFrames(options, info, analysis);
  return looked;
}

Analysis concluded(Looked looked, const SlowmoRequest& request, const AnalyseOptions& options) {
  auto& [analysis, changes] = looked;
  if (analysis.pts.empty()) return analysis;
  if (!options.cutsAdded.empty() || !options.cutsRemoved.empty())
    applyEdits(options, probe(request), analysis);
  analysis.duplicates = findDuplicates(changes, analysis.cuts, options.duplicates);
  return analysis;
}

// All that what is seen depends on.
nlohmann::json whatIsLookedAt(const SlowmoRequest& request, const AnalyseOptions& options) {
  return {{"sources", fingerprint(request.sources)},
          {"picture_rate", settingsOf(request).text("picture_rate")},
          {"from", options.from},
          {"to", options.to},
          {"cuts", options.cuts},
          {"sensitivity", options.sensitivity},
          {"duplicates", options.duplicates},
          {"version", version()}};
}

std::optional<Looked> remembered(const fs::path& file, const nlohmann::json& what) {
  std::ifstream in(file);
  const auto saved = nlohmann::json::parse(in, nullptr, false);
  if (!saved.is_object() || saved.value("of", nlohmann::json()) != what) return std::nullopt;
  try {
    Looked looked{analysisFromJson(saved.at("analysis")), saved.at("changes").get<std::vector<float>>()};
    const bool whole = looked.changes.empty() || looked.changes.size() == looked.analysis.pts.size();
    return whole ? std::optional(std::move(looked)) : std::nullopt;
  } catch (const std::exception& error) {
    logLine(file.string() + ": " + error.what());
    return std::nullopt;
  }
}

// Only saves time: what goes wrong here is for the log.
void remember(const fs::path& file, const nlohmann::json& what, const Looked& looked) try {
  fs::create_directories(file.parent_path());
  writeAtomically(
      file, nlohmann::json{{"of", what}, {"analysis", toJson(looked.analysis)}, {"changes", looked.changes}}
                .dump());
  std::vector<fs::directory_entry> all(fs::directory_iterator(file.parent_path()), {});
  if (all.size() <= kClipsRemembered) return;
  std::ranges::sort(all, std::greater(), [](const auto& entry) { return entry.last_write_time(); });
  for (const auto& old : std::span(all).subspan(kClipsRemembered)) fs::remove(old);
} catch (const std::exception& error) {
  logLine(file.string() + ": " + error.what());
}

}  // namespace

AnalyseOptions analyseOptions(const SlowmoRequest& request) {
  const Settings settings = settingsOf(request);
  AnalyseOptions options;
  options.from = settings.real("trim_in");
  if (settings.real("trim_out") > 0) options.to = settings.real("trim_out");
  options.cuts = settings.flag("cuts");
  options.sensitivity = settings.real("cut_sensitivity");
  const std::string& duplicates = settings.text("duplicates");
  options.duplicates = duplicates == "off"  ? DuplicateMode::Off
                       : duplicates == "on" ? DuplicateMode::On
                                            : DuplicateMode::Automatic;
  options.cutsAdded = request.cutsAdded;
  options.cutsRemoved = request.cutsRemoved;
  return options;
}

VideoReader openSource(const SlowmoRequest& request, ReadOptions options) {
  if (request.sources.empty())
    throw Error("There is nothing to slow down", "", "Choose a video or the pictures of a sequence.");
  options.imageRate = rateFromText(settingsOf(request).text("picture_rate"));
  if (request.sources.size() == 1) return VideoReader(request.sources.front(), options);
  return VideoReader(std::span(request.sources), options);
}

VideoInfo probe(const SlowmoRequest& request) {
  if (request.sources.size() == 1) {
    ReadOptions options;
    options.imageRate = rateFromText(settingsOf(request).text("picture_rate"));
    return probe(request.sources.front(), options);
  }
  VideoInfo info = openSource(request).info();
  if (info.file.empty()) info.file = request.sources.front();
  return info;
}

double sourceSeconds(const Analysis& analysis, const VideoInfo& info, int64_t frame) {
  const int64_t pts =
      frame < analysis.frames() ? analysis.pts[static_cast<std::size_t>(frame)] : analysis.endPts;
  return static_cast<double>(pts - analysis.firstPts) * info.timeBase.value();
}

Analysis analyse(const SlowmoRequest& request, const AnalyseOptions& options, const HearFrame& onFrame,
                 std::stop_token stop) {
  return concluded(lookThrough(request, options, onFrame, stop), request, options);
}

Analysis analyseOnce(const fs::path& home, const SlowmoRequest& request, const AnalyseOptions& options,
                     const HearFrame& onFrame, std::stop_token stop) {
  const auto what = whatIsLookedAt(request, options);
  const fs::path file = home / "clips" / (std::to_string(std::hash<std::string>()(what.dump())) + ".json");
  auto looked = remembered(file, what);
  if (!looked) {
    looked = lookThrough(request, options, onFrame, stop);
    if (!stop.stop_requested()) remember(file, what, *looked);
  }
  return concluded(std::move(*looked), request, options);
}

nlohmann::json toJson(const Analysis& analysis) {
  return {{"start", analysis.pts.empty() ? 0 : analysis.pts.front()},
          {"steps", stepsToJson(analysis.pts)},
          {"first", analysis.firstPts},
          {"end", analysis.endPts},
          {"cuts", analysis.cuts},
          {"duplicates", analysis.duplicates},
          {"round_clean", analysis.roundClean},
          {"damaged_packets", analysis.damagedPackets},
          {"clock_jumps", analysis.clockJumps}};
}

Analysis analysisFromJson(const nlohmann::json& json) {
  try {
    Analysis analysis;
    analysis.pts.push_back(json.at("start").get<int64_t>());
    for (const auto& run : json.at("steps"))
      for (int64_t i = 0, length = run.at(0).get<int64_t>(), step = run.at(1).get<int64_t>(); i < length; ++i)
        analysis.pts.push_back(analysis.pts.back() + step);
    analysis.firstPts = json.at("first").get<int64_t>();
    analysis.endPts = json.at("end").get<int64_t>();
    analysis.cuts = json.at("cuts").get<std::vector<int64_t>>();
    analysis.duplicates = json.at("duplicates").get<std::vector<int64_t>>();
    analysis.roundClean = json.value("round_clean", true);
    analysis.damagedPackets = json.at("damaged_packets").get<int64_t>();
    analysis.clockJumps = json.value("clock_jumps", false);
    return analysis;
  } catch (const nlohmann::json::exception& error) {
    throw Error("The job's analysis cannot be read", "",
                std::string(error.what()) + ". It will be made again.");
  }
}

}  // namespace fw
