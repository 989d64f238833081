#include "core/experiments/clip_adaptation.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/paths.h"
#include "core/experiments/catalog.h"
#include "core/slowmo/analysis.h"

namespace fw {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kExperiment = "interpolation";
constexpr const char *kScore = "validation/psnr", *kFlowScore = "validation/psnr (classical flow)";
constexpr double kWorthIt = 0.02;  // dB; less is chance
constexpr double kHighestRate = 2e-3;

/// Half a cosine, from the first of `steps` to the end of the time.
double rateAt(int64_t step, double partOfTime) {
  constexpr double kWarmUp = 30, kLast = 0.02;
  const double fallen =
      kLast + (1 - kLast) * 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, partOfTime)));
  return kHighestRate * std::min(1.0, static_cast<double>(step) / kWarmUp) * fallen;
}

/// Passes everything on, lets the learning rate fall as the time goes by and says when it is over.
class Watch : public TrainObserver {
 public:
  Watch(TrainObserver& other, TrainControl& control, double minutes, std::stop_token asked)
      : other_(other),
        control_(control),
        seconds_(60 * minutes),
        asked_(std::move(asked), [this] { stop_.request_stop(); }) {}

  void onScalars(int64_t step, double seconds, const Scalars& scalars) override {
    other_.onScalars(step, seconds, scalars);
    const double part = std::chrono::duration<double>(Clock::now() - start_).count() / seconds_;
    control_.setLearningRate(rateAt(step, part));
    if (part >= 1) stop_.request_stop();
  }
  void onScores(int64_t step, double seconds, const Scores& scores, bool best) override {
    other_.onScores(step, seconds, scores, best);
  }
  void onGallery(int64_t step, const Gallery& gallery) override { other_.onGallery(step, gallery); }
  void onState(RunState state) override { other_.onState(state); }
  void onDiagnosis(const std::string& text) override { other_.onDiagnosis(text); }
  void onBaselines(const Scores& scores) override { other_.onBaselines(scores); }

  std::stop_token token() const { return stop_.get_token(); }

 private:
  TrainObserver& other_;
  TrainControl& control_;
  const double seconds_;
  const Clock::time_point start_ = Clock::now();
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> asked_;
};

bool bundled() {
  try {
    resource("models/swift.safetensors");
    return true;
  } catch (const Error&) {
    return false;
  }
}

RunRequest requestFor(const ClipAdaptation& wish) {
  RunRequest request;
  request.experiment = kExperiment;
  request.threads = wish.threads;
  request.settings = {{"data", {wish.clip.string()}},
                      {"parts_held_out", true},
                      {"clip_from", wish.from},
                      {"clip_to", std::max(0.0, wish.to)},
                      {"start", !wish.weights.empty() ? "file"
                                : bundled()           ? "bundled"
                                                      : "fresh"},
                      {"weights", wish.weights.string()},
                      {"clip_quality", wish.quality},
                      {"batch", 4},
                      {"reuse", 8},
                      {"loss", "psnr"},
                      {"learning_rate", rateAt(1, 0)}};
  return request;
}

AdaptedClip learnedIn(const Store& store, int64_t run) {
  AdaptedClip learned;
  learned.run = run;
  const Series scores = store.scores(run);
  if (const auto curve = scores.find(kScore); curve != scores.end() && !curve->second.empty()) {
    learned.before = curve->second.front().value;
    learned.after = std::ranges::max(curve->second, {}, &Point::value).value;
  }
  const Scores baselines = store.baselines(run);
  if (const auto flow = baselines.find(kFlowScore); flow != baselines.end()) learned.flow = flow->second;
  if (learned.after > std::max(learned.before, learned.flow) + kWorthIt)
    learned.weights = weightsFile(store.run(run).folder, Weights::Best);
  return learned;
}

bool isAdaptationTo(const fs::path& clip, const RunRecord& run) {
  const auto& settings = run.request.settings;
  return run.request.experiment == kExperiment && run.state != RunState::Running && settings.is_object() &&
         settings.value("parts_held_out", false) &&
         settings.value("data", nlohmann::json()) == nlohmann::json::array({clip.string()});
}

}  // namespace

ClipAdaptation adaptationFor(const SlowmoRequest& request) {
  if (request.sources.size() != 1)
    throw Error("Pictures cannot be adapted to one by one",
                request.sources.empty() ? "" : request.sources.front().string(),
                "Take the folder they are in.");
  ClipAdaptation wish;
  wish.clip = request.sources.front();
  if (!request.settings.is_object()) return wish;
  wish.quality = request.settings.value("swift_quality", wish.quality);
  wish.weights = request.settings.value("swift_weights", std::string());
  const AnalyseOptions part = analyseOptions(request);
  wish.from = part.from;
  wish.to = part.to;
  return wish;
}

AdaptedClip adaptToClip(Store& store, const ClipAdaptation& wish, TrainObserver& observer,
                        TrainControl& control, std::stop_token stop) {
  if (!(wish.minutes > 0))
    throw Error("A clip cannot be adapted to in this time", std::to_string(wish.minutes) + " minutes",
                "Give it at least one minute.");
  Watch watch(observer, control, wish.minutes, std::move(stop));
  int64_t id = 0;
  const auto run = startRun(store, requestFor(wish), watch, control, watch.token(),
                            [&](int64_t created) { id = created; });
  store.renameRun(id, "Adapted to " + wish.clip.filename().string());
  if (run.state == RunState::Failed)
    throw Error("Adapting to this clip failed", wish.clip.string(), run.message);
  return learnedIn(store, id);
}

std::optional<AdaptedClip> learnedBefore(const Store& store, const fs::path& clip) {
  std::error_code missing;
  const auto changed = fs::last_write_time(clip, missing);
  if (missing) return std::nullopt;
  for (const auto& run : store.runs()) {
    if (!isAdaptationTo(clip, run)) continue;
    try {
      const AdaptedClip learned = learnedIn(store, run.id);
      if (learned.helps() && fs::last_write_time(learned.weights) > changed) return learned;
    } catch (const std::exception& error) {
      logLine(run.folder.string() + ": " + error.what());  // a run that lost its files is no reason to stop
    }
  }
  return std::nullopt;
}

}  // namespace fw
