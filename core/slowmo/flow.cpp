#include "core/slowmo/flow.h"

#include "core/slowmo/flow_at_time.h"
#include "core/slowmo/flow_motion.h"
#include "core/slowmo/flow_render.h"

namespace fw {
namespace {

Schema flowSchema() {
  auto sharp =
      boolParameter("sharp", "Sharper sampling",
                    "Reads moved pixels with cubic interpolation: finer detail in clean footage, but "
                    "noise and wrong motion show more.",
                    false);
  sharp.advanced = true;
  return Schema({choiceParameter("quality", "Motion quality",
                                 "How carefully motion is looked for; each step costs about twice the time.",
                                 "balanced", {{"fast", "Fast"}, {"balanced", "Balanced"}, {"best", "Best"}}),
                 sharp});
}

struct FlowOptions {
  MotionOptions motion;
  bool severalHypotheses = true;
  bool sharp = false;
};

FlowOptions flowOptions(const Settings& settings, const EngineOptions& engine) {
  FlowOptions options;
  const std::string& quality = settings.text("quality");
  if (quality == "fast") {
    options.motion = {.longestSide = 240, .smallestScale = 0.15, .patchStride = 4, .descentIterations = 16};
    options.severalHypotheses = false;
  } else if (quality == "best") {
    options.motion = {.longestSide = 480, .smallestScale = 0.4, .patchStride = 3, .descentIterations = 25};
  }
  options.motion.twoThreads = engine.threads != 1;
  options.sharp = settings.flag("sharp");
  return options;
}

class Flow : public Engine {
 public:
  explicit Flow(const FlowOptions& options) : options_(options) {}

  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double> times) override {
    requirePair(pair);
    for (const double time : times) requireBetween(time);
    std::vector<BetweenFrame> frames;
    if (times.empty()) return frames;
    const TwoWayMotion motion = estimateMotion(pair, options_.motion);
    for (const double time : times)
      frames.push_back(
          renderBetween(pair, at(motion, time, options_.severalHypotheses), time, options_.sharp));
    return frames;
  }

  std::optional<Explanation> explain(const FramePair& pair, double time) override {
    requirePair(pair);
    requireBetween(time);
    return explainBetween(pair, at(estimateMotion(pair, options_.motion), time, false), time);
  }

 private:
  MotionAtTime at(const TwoWayMotion& motion, double time, bool several) const {
    return motionAtTime(motion, time, several, options_.motion.twoThreads);
  }

  FlowOptions options_;
};

}  // namespace

EngineKind flowEngine() {
  return {
      .id = "flow",
      .title = "Optical flow",
      .summary = "Follows what moves and takes each pixel from the frame that sees it; fast on any computer.",
      .schema = flowSchema(),
      .make = [](const Settings& settings, const EngineOptions& options) {
        return std::make_unique<Flow>(flowOptions(settings, options));
      }};
}

}  // namespace fw
