#include "core/slowmo/flow.h"

#include "core/slowmo/flow_at_time.h"
#include "core/slowmo/flow_motion.h"
#include "core/slowmo/flow_render.h"

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
  explicit Flow(const FlowOptions& options) : options_(options), search_(options.motion) {}

  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double> times) override {
    requirePair(pair);
    for (const double time : times) requireBetween(time);
    std::vector<BetweenFrame> frames;
    if (times.empty()) return frames;
    const TwoWayMotion motion = search_.between(pair.first, pair.second);
    seen_ = RimmedPair(pair, seen_);
    for (const double time : times)
      frames.push_back(
          renderBetween(*seen_, at(motion, time, options_.severalHypotheses), time, options_.sharp));
    return frames;
  }

  std::optional<Explanation> explain(const FramePair& pair, double time) override {
    requirePair(pair);
    requireBetween(time);
    return explainBetween(pair, at(search_.between(pair.first, pair.second), time, false), time);
  }

 private:
  MotionAtTime at(const TwoWayMotion& motion, double time, bool several) const {
    return motionAtTime(motion, time, several, options_.motion.twoThreads);
  }

  FlowOptions options_;
  MotionSearch search_;
  std::optional<RimmedPair> seen_;  ///< the last one
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
