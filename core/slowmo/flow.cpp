#include "core/slowmo/flow.h"

#include "core/slowmo/flow_at_time.h"
#include "core/slowmo/flow_motion.h"
#include "core/slowmo/flow_render.h"

namespace fw {
namespace {

Schema flowSchema() {
  return Schema({choiceParameter(
      "quality", "Quality", "How carefully motion is looked for: each step costs about twice the time.",
      "balanced", {{"fast", "Fast"}, {"balanced", "Balanced"}, {"best", "Best"}})});
}

MotionOptions motionOptions(const Settings& settings, const EngineOptions& engine) {
  MotionOptions options;
  const std::string& quality = settings.text("quality");
  if (quality == "fast") options = {.scale = 0.5, .longestSide = 640, .finestScale = 1};
  if (quality == "best") options = {.scale = 1.0, .longestSide = 1280, .finestScale = 1};
  options.twoThreads = engine.threads != 1;
  return options;
}

class Flow : public Engine {
 public:
  explicit Flow(const MotionOptions& options) : options_(options) {}

  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double> times) override {
    requirePair(pair);
    for (const double time : times) requireBetween(time);
    std::vector<BetweenFrame> frames;
    if (times.empty()) return frames;
    const TwoWayMotion motion = estimateMotion(pair, options_);
    for (const double time : times) frames.push_back(renderBetween(pair, motionAtTime(motion, time), time));
    return frames;
  }

  std::optional<Explanation> explain(const FramePair& pair, double time) override {
    requirePair(pair);
    requireBetween(time);
    return explainBetween(pair, motionAtTime(estimateMotion(pair, options_), time), time);
  }

 private:
  MotionOptions options_;
};

}  // namespace

EngineKind flowEngine() {
  return {
      .id = "flow",
      .title = "Optical flow",
      .summary = "Follows what moves and takes each pixel from the frame that sees it; fast on any computer.",
      .schema = flowSchema(),
      .make = [](const Settings& settings, const EngineOptions& options) {
        return std::make_unique<Flow>(motionOptions(settings, options));
      }};
}

}  // namespace fw
