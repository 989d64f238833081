#include "core/slowmo/flow.h"

#include "core/slowmo/flow_at_time.h"
#include "core/slowmo/render_ahead.h"
#include "core/slowmo/shot_motion.h"

namespace fw {
namespace {

struct FlowOptions {
  MotionOptions motion;
  bool severalHypotheses = true;
  bool sharp = false;
};

FlowOptions flowOptions(const Settings& settings, const EngineOptions& engine) {
  const std::string& quality = settings.text("quality");
  FlowOptions options{motionOptions(quality), quality != "fast", readsSharply(settings)};
  options.motion.twoThreads = engine.threads != 1;
  return options;
}

class Flow : public Engine {
 public:
  explicit Flow(const FlowOptions& options)
      : options_(options),
        motion_(options.motion),
        render_([this](const FramePair& pair,
                       double time) { return motionAt(pair, time, options_.severalHypotheses); },
                options.sharp, options.motion.twoThreads) {}

  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double> times) override {
    return render_.between(pair, times);
  }

  void expect(std::vector<Moment> next) override { render_.expect(std::move(next)); }

  std::optional<Explanation> explain(const FramePair& pair, double time) override {
    requirePair(pair);
    requireBetween(time);
    return explainBetween(pair, motionAt(pair, time, false), time);
  }

 private:
  // Of the two frames alone: this engine knows nothing of bends.
  MotionAtTime motionAt(const FramePair& pair, double time, bool several) {
    return motionAtTime(motion_.of({pair.first, pair.second}), time, several, options_.motion.twoThreads);
  }

  FlowOptions options_;
  ShotMotion motion_;
  RenderAhead render_;  ///< the last member: it uses the others
};

}  // namespace

Parameter sharpParameter(const std::vector<std::string>& qualities) {
  auto sharp = boolParameter("sharp", "Sharper sampling",
                             "Reads moved pixels with cubic interpolation: finer detail for a quarter more "
                             "time. Better qualities always do.",
                             false);
  sharp.mattersWhen = {{"quality", {qualities.begin(), qualities.end()}}};
  sharp.advanced = true;
  return sharp;
}

bool readsSharply(const Settings& settings) { return !settings.matters("sharp") || settings.flag("sharp"); }

EngineKind flowEngine() {
  return {
      .id = "flow",
      .title = "Optical flow",
      .summary = "Follows what moves and takes each pixel from the frame that sees it; fast on any computer.",
      .schema =
          Schema({choiceParameter("quality", "Motion quality",
                                  "How carefully motion is looked for; each step costs about twice the time.",
                                  "balanced", {{"fast", "Fast"}, {"balanced", "Balanced"}, {"best", "Best"}}),
                  sharpParameter({"fast", "balanced"})}),
      .make = [](const Settings& settings, const EngineOptions& options) {
        return std::make_unique<Flow>(flowOptions(settings, options));
      }};
}

}  // namespace fw
