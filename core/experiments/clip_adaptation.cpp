#include "core/experiments/clip_adaptation.h"

#include <algorithm>
#include <chrono>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/experiments/catalog.h"

namespace fw {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kScore = "validation/psnr";
constexpr double kWorthIt = 0.02;  // dB; less is chance

/// Passes everything on, notes the scores and says when the time is over.
class Watch : public TrainObserver {
 public:
  Watch(TrainObserver& other, double minutes, std::stop_token asked)
      : other_(other),
        end_(Clock::now() +
             std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(60 * minutes))),
        asked_(std::move(asked), [this] { stop_.request_stop(); }) {}

  void onScalars(int64_t step, double seconds, const Scalars& scalars) override {
    other_.onScalars(step, seconds, scalars);
    if (Clock::now() >= end_) stop_.request_stop();
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
  Clock::time_point end_;
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
                      {"start", !wish.weights.empty() ? "file"
                                : bundled()           ? "bundled"
                                                      : "fresh"},
                      {"weights", wish.weights.string()},
                      {"crop", 160},
                      {"alone_share", 0.1},  // in a clip nearly every pair has neighbours
                      {"reuse", 4},
                      {"loss", "psnr"},
                      {"learning_rate", 1e-3}};
  return request;
}

}  // namespace

AdaptedClip adaptToClip(Store& store, const ClipAdaptation& wish, TrainObserver& observer,
                        TrainControl& control, std::stop_token stop) {
  if (!(wish.minutes > 0))
    throw Error("A clip cannot be adapted to in this time", std::to_string(wish.minutes) + " minutes",
                "Give it at least one minute.");
  Watch watch(observer, wish.minutes, std::move(stop));
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
