#include "core/slowmo/job.h"

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/image/views.h"
#include "core/slowmo/fingerprint.h"
#include "core/slowmo/finish.h"
#include "core/slowmo/job_checks.h"
#include "core/slowmo/pipeline.h"
#include "core/slowmo/progress_meter.h"
#include "core/slowmo/segments.h"
#include "core/slowmo/settings.h"
#include "core/store/folder_lock.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

using namespace std::chrono_literals;

constexpr auto kStoreProgressEvery = 1s;
constexpr auto kTellProgressEvery = 100ms;
constexpr int kWatchHeight = 480;  // frames for watching are copies no larger than this
// How much of a job its stages are; what the bar shows must never go back.
constexpr double kAnalysisShare = 0.04, kFinishShare = 0.03;

constexpr const char* kAnalysisFile = "analysis.json";
constexpr const char* kOutputFile = "output.json";

nlohmann::json readJson(const fs::path& file) {
  std::ifstream in(file);
  return nlohmann::json::parse(in, nullptr, false);
}

std::string clockTime(double seconds) {
  char text[32];
  const int minutes = static_cast<int>(seconds / 60);
  std::snprintf(text, sizeof text, "%d:%04.1f", minutes, seconds - 60.0 * minutes);
  return text;
}

std::string cutsNote(const Analysis& analysis, const VideoInfo& info) {
  constexpr std::size_t kMostNamed = 5;
  std::string note = analysis.cuts.size() == 1
                         ? "1 cut is kept clean, at "
                         : std::to_string(analysis.cuts.size()) + " cuts are kept clean, at ";
  for (std::size_t i = 0; i < analysis.cuts.size() && i < kMostNamed; ++i)
    note += (i == 0 ? "" : ", ") + clockTime(sourceSeconds(analysis, info, analysis.cuts[i]));
  if (analysis.cuts.size() > kMostNamed)
    note += " and " + std::to_string(analysis.cuts.size() - kMostNamed) + " more";
  return note + ".";
}

std::string inOneLine(const std::vector<std::string>& notes) {
  std::string line;
  for (const auto& note : notes) {
    if (!line.empty()) line += ' ';
    line += note;
  }
  return line;
}

/// One job being run: what it knows, and where it is.
class JobRun {
 public:
  JobRun(Store& store, JobRecord record, SlowmoObserver& observer, JobControl& control, std::stop_token stop)
      : store_(store),
        record_(std::move(record)),
        observer_(observer),
        control_(control),
        stop_(std::move(stop)) {}

  JobResult go() {
    setState("running");
    request_ = slowmoRequestFromJson(record_.request);
    rememberOrCheckSource(record_.folder, request_.sources);
    info_ = probe(request_);
    const SlowmoChoices choices = choicesFor(request_, info_);
    checkEncoder(choices);
    checkFolderWritable(request_.output);
    for (const auto& text : choices.notes) note(text);
    const auto analysis = analysed();
    if (!analysis) return stopped();
    const FramePlan plan(*analysis, info_, choices.timing);
    result_.framesIn = analysis->frames();
    if (!makeMissing(choices, *analysis, plan)) return stopped();
    return finished(choices, *analysis, plan);
  }

  void setState(const std::string& state, const std::string& message = {}) {
    // Read afresh: the queue may have been reordered meanwhile.
    JobRecord now = store_.job(record_.id);
    now.state = state;
    now.message = message;
    now.progress = fraction_;
    if (!result_.output.empty()) now.request["output"] = result_.output.string();  // where it really is
    store_.updateJob(now);
  }

 private:
  void note(const std::string& text) {
    result_.notes.push_back(text);
    observer_.onNote(text);
  }

  JobResult stopped() {
    result_.state = "stopped";
    setState("stopped");
    return std::move(result_);
  }

  void tell(SlowmoProgress progress) {
    fraction_ = std::max(fraction_, progress.fraction);
    progress.fraction = fraction_;
    observer_.onProgress(progress);
    if (const auto now = std::chrono::steady_clock::now(); now - stored_ >= kStoreProgressEvery) {
      stored_ = now;
      setState("running");
    }
  }

  bool timeToTell() {
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < kTellProgressEvery) return false;
    told_ = now;
    return true;
  }

  std::optional<Analysis> analysed() {
    const fs::path file = record_.folder / kAnalysisFile;
    std::optional<Analysis> analysis;
    if (const auto saved = readJson(file); saved.is_object()) {
      try {
        analysis = analysisFromJson(saved);
      } catch (const Error& error) {
        logLine("Job " + std::to_string(record_.id) + ": " + error.what());
      }
    }
    if (!analysis) {
      const double expected = std::max<double>(1, static_cast<double>(info_.frames));
      const auto began = std::chrono::steady_clock::now();
      Analysis found = analyseOnce(
          store_.folder(), request_, analyseOptions(request_),
          [&](int64_t frames, const Analysis&) {
            if (!timeToTell()) return;
            SlowmoProgress progress;
            progress.stage = "analysing";
            progress.framesIn = frames;
            progress.secondsSpent =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
            progress.fpsIn = static_cast<double>(frames) / std::max(1e-3, progress.secondsSpent);
            progress.fraction = kAnalysisShare * std::min(1.0, static_cast<double>(frames) / expected);
            tell(progress);
            if (!control_.paused()) return;
            setState("paused");
            control_.waitWhilePaused(stop_);
            setState("running");
          },
          stop_);
      if (stop_.stop_requested()) return std::nullopt;
      writeAtomically(file, toJson(found).dump());
      analysis = std::move(found);
    }
    for (const int64_t cut : analysis->cuts) observer_.onCut(sourceSeconds(*analysis, info_, cut));
    if (!analysis->cuts.empty()) note(cutsNote(*analysis, info_));
    if (!analysis->duplicates.empty())
      note(std::to_string(analysis->duplicates.size()) + " of " + std::to_string(analysis->frames()) +
           " frames repeat the one before; frames in between replace them.");
    if (endsEarly(*analysis))
      note("The pictures end at " + clockTime(sourceSeconds(*analysis, info_, analysis->frames())) +
           ", though the file says that it lasts " + clockTime(info_.durationSaid) +
           ": it may have been cut short.");
    if (analysis->damagedPackets > 0)
      note("The source is damaged in " +
           (analysis->damagedPackets == 1
                ? std::string("one place, which was")
                : std::to_string(analysis->damagedPackets) + " places, which were") +
           " skipped.");
    return analysis;
  }

  // A film that was not copied to its end may open and play all the same: only its header knows.
  bool endsEarly(const Analysis& analysis) const {
    constexpr double kSeconds = 2, kPart = 0.05;  // the sound may go on for a moment
    // Some headers count from zero, others from the first picture.
    const double last = std::max(0.0, info_.start) + sourceSeconds(analysis, info_, analysis.frames());
    const double missing = info_.durationSaid - last;
    return !analysis.clockJumps && analyseOptions(request_).to < 0 &&
           missing > std::max(kSeconds, kPart * info_.durationSaid);
  }

  // False: stopped.
  bool makeMissing(const SlowmoChoices& choices, const Analysis& analysis, const FramePlan& plan) {
    const int64_t segments = plan.segments();
    std::vector<bool> done(static_cast<std::size_t>(segments));
    int64_t framesDone = 0;
    for (int64_t i = 0; i < segments; ++i) {
      if (stop_.stop_requested()) return false;  // gigabytes are read to see that they are whole
      const PlannedSegment frames = plan.segment(i);
      const auto record = finishedSegment(record_.folder, i, frames);
      done[static_cast<std::size_t>(i)] = record || frames.begin == frames.end;
      if (!record) continue;
      framesDone += frames.end - frames.begin;
      for (const auto& point : record->confidence) observer_.onConfidence(point.sourceTime, point.confidence);
    }
    if (framesDone > 0)  // of this run of the job, not of its result
      observer_.onNote(std::to_string(framesDone) + " frames were made before; going on from there.");
    result_.framesOut = framesDone;
    Engines engines(request_);
    const auto missing = std::ranges::find(done, false) - done.begin();
    const int64_t before = missing < segments ? plan.at(plan.segment(missing).begin).time.frame : 0;
    ProgressMeter meter(before, framesDone, plan.count());
    for (int64_t first = 0; first < segments;) {
      if (done[static_cast<std::size_t>(first)]) {
        ++first;
        continue;
      }
      int64_t end = first;
      while (end < segments && !done[static_cast<std::size_t>(end)]) ++end;
      makeSegments(choices, analysis, plan, engines, meter, first, end);
      if (stop_.stop_requested()) return false;
      first = end;
    }
    return true;
  }

  void makeSegments(const SlowmoChoices& choices, const Analysis& analysis, const FramePlan& plan,
                    Engines& engines, ProgressMeter& meter, int64_t first, int64_t end) {
    const VideoFormat format{choices.size.width, choices.size.height, plan.nominalRate(),
                             plan.timeline().timeBase(), info_};
    std::optional<VideoWriter> writer;
    int64_t segment = first;
    PlannedSegment planned;
    SegmentRecord record;
    PipelineEvents events;
    events.onPause = [&](bool paused) {
      meter.paused(paused);
      setState(paused ? "paused" : "running");
    };
    events.onFrame = [&](ReadyFrame&& frame) {
      if (!writer) {
        while (plan.segment(segment).end <= frame.number) ++segment;  // some hold no frame of a lower rate
        planned = plan.segment(segment);
        record = {{planned.begin, planned.begin}, 0, {}, {}};
        writer.emplace(unfinishedSegmentFile(record_.folder, segment), choices.segmentEncode, format);
      }
      const OutputTime& time = frame.planned.time;
      if (frame.made())
        writer->write(frame.picture.image, time.pts, time.duration);
      else
        writer->write(frame.picture, time.pts, time.duration);
      report(frame, plan, meter, record);
      record.frames.end = frame.number + 1;
      if (record.frames.end < planned.end) return;
      writer->finish();
      writer.reset();
      recordSegment(record_.folder, segment, record);
      ++segment;
    };
    makeFrames(
        {request_, info_, choices, analysis, plan, plan.segment(first).begin, plan.segment(end - 1).end},
        engines, events, control_, stop_);
    // Who cancels may want to keep what there is.
    if (!writer || record.frames.begin == record.frames.end) return;
    writer->finish();
    recordSegment(record_.folder, segment, record);
  }

  void report(const ReadyFrame& frame, const FramePlan& plan, ProgressMeter& meter, SegmentRecord& record) {
    ++result_.framesOut;
    if (frame.made()) {
      const double confidence = frame.confidence.empty() ? 1.0 : cv::mean(frame.confidence)[0] / 255.0;
      record.confidence.push_back({frame.sourceTime, confidence});
      observer_.onConfidence(frame.sourceTime, confidence);
    }
    if (observer_.wantsFrames()) observer_.onFrame(forWatching(frame, plan));
    if (timeToTell()) {
      SlowmoProgress progress = meter.at(frame.planned.time.frame + 1, result_.framesOut);
      const double share = static_cast<double>(result_.framesOut) / static_cast<double>(plan.count());
      progress.fraction = kAnalysisShare + (1 - kAnalysisShare - kFinishShare) * share;
      tell(progress);
    }
    result_.seconds = meter.secondsSpent();
  }

  static cv::Mat small(const cv::Mat& image) {
    if (image.empty()) return {};
    cv::Mat result = to8Bit(image);
    if (image.rows > kWatchHeight)
      cv::resize(result, result, {std::max(1, image.cols * kWatchHeight / image.rows), kWatchHeight}, 0, 0,
                 cv::INTER_AREA);
    return result.data == image.data ? result.clone() : result;
  }

  static MadeFrame forWatching(const ReadyFrame& frame, const FramePlan& plan) {
    return {small(frame.picture.image), small(frame.confidence), frame.sourceTime,
            static_cast<double>(frame.planned.time.pts) * plan.timeline().timeBase().value(), !frame.made()};
  }

  // A name that is taken is not used, but a crash between giving the name and saying so must not make a
  // second file.
  fs::path claimOutput() const {
    const fs::path claim = record_.folder / kOutputFile;
    if (const auto claimed = readJson(claim); claimed.is_string()) return claimed.get<std::string>();
    std::error_code ignored;
    const bool overwrite =
        settingsOf(request_).flag("overwrite") && !fs::is_directory(request_.output, ignored);
    const fs::path output = overwrite ? request_.output : unusedPath(request_.output);
    writeAtomically(claim, nlohmann::json(output.string()).dump());
    return output;
  }

  JobResult finished(const SlowmoChoices& choices, const Analysis& analysis, const FramePlan& plan) {
    const fs::path output = claimOutput();
    const auto share = [&](double done) {
      SlowmoProgress progress;
      progress.stage = "finishing";
      progress.framesIn = result_.framesIn;
      progress.framesOut = progress.totalOut = plan.count();
      progress.secondsSpent = result_.seconds;
      progress.fraction = 1 - kFinishShare * (1 - std::clamp(done, 0.0, 1.0));
      if (timeToTell() || done >= 1) tell(progress);
    };
    const auto unclaim = [&] {
      std::error_code ignored;
      fs::remove(record_.folder / kOutputFile, ignored);
    };
    try {
      const FinishInput input{request_, info_, choices, analysis, plan, allMade(record_.folder, plan)};
      for (const auto& text : finish(input, output, share, stop_)) note(text);
    } catch (...) {
      unclaim();
      if (stop_.stop_requested()) return stopped();
      throw;
    }
    if (stop_.stop_requested() && !fs::exists(output)) {
      unclaim();
      return stopped();
    }
    saveConfidence(record_.folder, confidenceCurve(record_.folder));
    share(1);
    fraction_ = 1;
    result_.state = "done";
    result_.output = output;
    setState("done", inOneLine(result_.notes));
    unclaim();
    removeSegments(record_.folder);
    return std::move(result_);
  }

  Store& store_;
  JobRecord record_;
  SlowmoObserver& observer_;
  JobControl& control_;
  std::stop_token stop_;
  SlowmoRequest request_;
  VideoInfo info_;
  JobResult result_;
  double fraction_ = record_.progress;  // of a resumed job: what a failure leaves must not look like nothing
  std::chrono::steady_clock::time_point stored_{}, told_{};
};

}  // namespace

void JobControl::pause() {
  const std::scoped_lock lock(mutex_);
  paused_ = true;
}

void JobControl::resume() {
  const std::scoped_lock lock(mutex_);
  paused_ = false;
  changed_.notify_all();
}

bool JobControl::paused() const {
  const std::scoped_lock lock(mutex_);
  return paused_;
}

void JobControl::waitWhilePaused(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return !paused_; });
}

JobResult runJob(Store& store, int64_t jobId, SlowmoObserver& observer, JobControl& control,
                 std::stop_token stop) {
  const FolderLock lock(store.job(jobId).folder);
  const JobRecord record = store.job(jobId);  // whoever held it may have finished it
  if (isOver(record))
    throw Error("This job is over", "job " + std::to_string(jobId),
                "Queue a new one with the same settings.");
  JobRun run(store, record, observer, control, std::move(stop));
  const auto waits = [&](const std::string& message) {
    logLine("Job " + std::to_string(jobId) + ": " + message);
    run.setState("stopped", message);
  };
  try {
    return run.go();
  } catch (const Error& error) {
    waits(error.what());
    throw;
  } catch (const std::exception& error) {
    const Error told("The job could not go on", record.folder.string(),
                     std::string(error.what()) + ". What is made so far is kept; try to resume it.");
    waits(told.what());
    throw told;
  }
}

JobResult cancelJob(Store& store, int64_t jobId, bool keepWhatIsDone) {
  const FolderLock lock(store.job(jobId).folder);
  JobRecord record = store.job(jobId);
  if (isOver(record))
    throw Error("This job is over", "job " + std::to_string(jobId), "There is nothing left to cancel.");
  JobResult result;
  result.state = "cancelled";
  const auto saved = readJson(record.folder / kAnalysisFile);
  if (keepWhatIsDone && saved.is_object()) {
    const SlowmoRequest request = slowmoRequestFromJson(record.request);
    const VideoInfo info = probe(request);
    const SlowmoChoices choices = choicesFor(request, info);
    const Analysis analysis = analysisFromJson(saved);
    const FramePlan plan(analysis, info, choices.timing);
    const MadeSoFar made = madeSoFar(record.folder, plan);
    result.framesOut = made.frames;
    if (result.framesOut > 0) {
      result.framesIn = std::min(analysis.frames(), plan.at(result.framesOut - 1).time.frame + 1);
      result.output = unusedPath(request.output);
      result.notes = finish({request, info, choices, analysis, plan, made}, result.output, {}, {});
      saveConfidence(record.folder, confidenceCurve(record.folder));
    }
  }
  if (keepWhatIsDone && result.output.empty())
    result.notes.emplace_back("Nothing was finished yet, so there is nothing to keep.");
  record = store.job(jobId);
  record.state = "cancelled";
  record.message = inOneLine(result.notes);
  if (!result.output.empty()) record.request["output"] = result.output.string();
  store.updateJob(record);
  removeSegments(record.folder);
  return result;
}

}  // namespace fw
