#include "core/experiments/clip_adaptation.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/experiments/catalog.h"
#include "core/slowmo/analysis.h"

namespace fw {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kScore = "validation/psnr";
constexpr double kWorthIt = 0.02;  // dB; less is chance
constexpr double kHighestRate = 2e-3;

/// Half a cosine, from the first of `steps` to the end of the time.
double rateAt(int64_t step, double partOfTime) {
  constexpr double kWarmUp = 30, kLast = 0.02;
  const double fallen =
      kLast + (1 - kLast) * 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, partOfTime)));
  return kHighestRate * std::min(1.0, static_cast<double>(step) / kWarmUp) * fallen;
}

/// Passes everything on, notes the scores, lets the learning rate fall as the time goes by and says when it
/// is over.
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
    if (const auto score = scores.find(kScore); score != scores.end()) {
      if (step == 0) before = score->second;
      after = std::max(after, score->second);
    }
    other_.onScores(step, seconds, scores, best);
  }
  void onGallery(int64_t step, const Gallery& gallery) override { other_.onGallery(step, gallery); }
  void onState(RunState state) override { other_.onState(state); }
  void onBaselines(const Scores& scores) override {
    if (const auto found = scores.find("validation/psnr (classical flow)"); found != scores.end())
      flow = found->second;
    other_.onBaselines(scores);
  }

  std::stop_token token() const { return stop_.get_token(); }

  double before = 0, after = 0, flow = 0;

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
  request.experiment = "interpolation";
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
  AdaptedClip result;
  const auto run =
      startRun(store, requestFor(wish), watch, control, watch.token(), [&](int64_t id) { result.run = id; });
  store.renameRun(result.run, "Adapted to " + wish.clip.filename().string());
  if (run.state == RunState::Failed)
    throw Error("Adapting to this clip failed", wish.clip.string(), run.message);
  result.before = watch.before;
  result.after = watch.after;
  result.flow = watch.flow;
  if (result.after > std::max(result.before, result.flow) + kWorthIt)
    result.weights = weightsFile(store.run(result.run).folder, Weights::Best);
  return result;
}

}  // namespace fw
