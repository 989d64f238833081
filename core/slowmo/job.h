#pragma once
#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "core/params/schema.h"
#include "core/slowmo/engine.h"
#include "core/store/store.h"
#include "core/video/video.h"

/// Slow motion as the window and the command line see it: a request becomes a job in the store; a job is run,
/// paused, killed, resumed; its result is one file.
namespace fw {

/// mode, factor, rate, engine, sound, cuts, duplicates, quality, container … : every choice there is, once.
const Schema& slowmoSchema();

/// Named by use: "8× slow motion", "Smooth 60", …; each is a few settings over the defaults.
struct SlowmoPreset {
  std::string id, title, summary;
  nlohmann::json settings;
};
const std::vector<SlowmoPreset>& slowmoPresets();
/// The person's own, by name; the window and the command line share them.
std::vector<SlowmoPreset> ownPresets(const std::filesystem::path& home = dataHome());
/// Replaces the one of this name. Settings that equal their defaults are left out.
void keepPreset(const std::string& name, const Settings& settings,
                const std::filesystem::path& home = dataHome());
/// Throws Error when there is none of this name.
void forgetPreset(const std::string& name, const std::filesystem::path& home = dataHome());
/// One that comes with the program, by id, or an own one, by name. Throws Error that names all there are.
SlowmoPreset presetCalled(const std::string& name, const std::filesystem::path& home = dataHome());

struct EngineRange {
  double from = 0, to = 0;  ///< source seconds
  std::string engine;
};

struct SlowmoRequest {
  std::vector<std::filesystem::path> sources;  ///< one video, or the pictures of one sequence in order
  std::filesystem::path output;                ///< empty: suggestedOutput()
  nlohmann::json settings;                     ///< of slowmoSchema(); missing names keep their defaults
  std::vector<double> cutsAdded,
      cutsRemoved;                        ///< source seconds, the person's edits of what the detector found
  std::vector<EngineRange> engineRanges;  ///< parts of the clip for which another engine was chosen
};
nlohmann::json toJson(const SlowmoRequest&);
SlowmoRequest slowmoRequestFromJson(const nlohmann::json&);

/// What a person dropped or named, as jobs to come: loose pictures make one sequence, a folder of nothing but
/// pictures another, every video one of its own. What is no video in a folder is left out, and what an
/// earlier job made of a clip that lies there too.
struct CollectedClips {
  std::vector<SlowmoRequest> clips;  ///< with sources only
  std::vector<std::filesystem::path> skipped, results;
};
CollectedClips collectClips(std::vector<std::filesystem::path> dropped);

/// The sources as one video, whether it is a file, a folder or chosen pictures. Throws Error.
VideoInfo probe(const SlowmoRequest&);

/// The name without ending of the clip that suggestedOutput() would have named this file after.
std::optional<std::string> sourceOfResult(const std::filesystem::path& result);

/// Beside the source, says what was done ("walk 4x.mp4"), never a name that exists.
std::filesystem::path suggestedOutput(const SlowmoRequest&, const VideoInfo&);
/// The same in another folder.
std::filesystem::path outputIn(const std::filesystem::path& folder, const SlowmoRequest&, const VideoInfo&);
/// The same name for a result of another file type, one of the setting "container".
std::filesystem::path outputAs(const std::string& container, const std::filesystem::path& output);

/// Shown before the start.
struct SlowmoEstimate {
  int64_t frames = 0;
  Rational rate;
  double duration = 0;  ///< seconds of the result
  int64_t bytes = 0, peakMemory = 0;
  std::vector<std::string>
      notes;  ///< what will be lost or changed, in words: "MP4 cannot hold ASS subtitles; …"
};
SlowmoEstimate estimate(const SlowmoRequest&, const VideoInfo&);

struct SlowmoProgress {
  std::string stage;  ///< "analysing", "making frames", "finishing"
  int64_t framesIn = 0, framesOut = 0, totalOut = 0;
  double fpsIn = 0, fpsOut = 0;
  double secondsSpent = 0, secondsLeft = -1;  ///< −1: not known yet
  double fraction = 0;
};

/// One output frame as it was made, for watching: small copies, only when the observer wants them.
struct MadeFrame {
  cv::Mat image;
  cv::Mat confidence;  ///< empty for originals
  double sourceTime = 0, outputTime = 0;
  bool original = false;
};

/// Called on the thread that runs the job; must return quickly.
class SlowmoObserver {
 public:
  virtual ~SlowmoObserver() = default;
  virtual void onProgress(const SlowmoProgress&) {}
  virtual void onNote(const std::string&) {}  ///< in words: "1 cut kept clean at 00:12.4"
  virtual void onCut(double /*sourceTime*/) {}
  virtual void onConfidence(double /*sourceTime*/, double /*mean 0…1*/) {}
  virtual bool wantsFrames() { return false; }
  virtual void onFrame(const MadeFrame&) {}
};

class JobControl {
 public:
  void pause();
  void resume();
  bool paused() const;
  /// Returns when not paused or stop was asked for.
  void waitWhilePaused(std::stop_token stop);

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  bool paused_ = false;
};

struct JobResult {
  std::string state;             ///< "done", "stopped" (can go on), "cancelled"
  std::filesystem::path output;  ///< the finished file, or on cancel the playable part
  int64_t framesIn = 0, framesOut = 0;
  double seconds = 0;
  std::vector<std::string> notes;
};

/// Whether nothing is left to do for it.
inline bool isOver(const JobRecord& job) { return job.state == "done" || job.state == "cancelled"; }

/// Checks what can be checked (the source opens, the settings are valid, the encoder exists, the folder can
/// be written to) and puts the job at the end of the queue.
JobRecord queueJob(Store&, const SlowmoRequest&);
/// Another request in the place of a waiting job; what was made is forgotten. Throws and keeps the old one
/// when the new one cannot be.
JobRecord replaceJob(Store&, int64_t jobId, const SlowmoRequest&);
/// −1: one place earlier in the queue.
void moveJob(Store&, int64_t jobId, int places);
/// Runs a job from where it is, on the calling thread (and its own); the observer is called on the calling
/// thread only. A stop request leaves it resumable. What fails on the way (source changed or gone, disk full,
/// …) is thrown as Error; the job then waits as "stopped" with that message and all that is made so far.
JobResult runJob(Store&, int64_t jobId, SlowmoObserver&, JobControl&, std::stop_token);
/// Ends a job that is not running. With `keepWhatIsDone` the finished part becomes a playable file.
JobResult cancelJob(Store&, int64_t jobId, bool keepWhatIsDone);

struct ConfidencePoint {
  double sourceTime = 0;  ///< seconds from the source's first frame
  double confidence = 1;  ///< mean over the made frame, 0 … 1
};
/// Confidence over time of what a job has made so far, or of the whole finished job.
std::vector<ConfidencePoint> confidenceCurve(const std::filesystem::path& jobFolder);
/// The moments with the lowest confidence, lowest first, no two within `apart` seconds.
std::vector<ConfidencePoint> worstMoments(const std::vector<ConfidencePoint>& curve, std::size_t most,
                                          double apart = 0.5);

}  // namespace fw
