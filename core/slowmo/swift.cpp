#include "core/slowmo/swift.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/nn/device.h"
#include "core/slowmo/flow.h"
#include "core/slowmo/render_ahead.h"
#include "core/slowmo/swift_mix.h"
#include "core/slowmo/swift_tuning.h"

namespace fw {
namespace {

constexpr const char* kBundled = "models/swift.safetensors";

Schema swiftSchema() {
  auto quality = choiceParameter("quality", "Quality",
                                 "How large the pictures are that motion is looked for and chosen in; "
                                 "warping is always at full size. Each step costs about "
                                 "twice the time.",
                                 "balanced", {{"fast", "Fast"}, {"balanced", "Balanced"}, {"best", "Best"}});
  auto precision = choiceParameter(
      "precision", "Precision",
      "Number type of the network. Automatic measures once what is fastest on this machine.", "auto",
      {{"auto", "Automatic"}, {"float32", "32 bit"}, {"bfloat16", "16 bit (bfloat16)"}});
  auto weights = pathParameter(
      "weights", "Weights",
      "A safetensors file of a run of the experiment \"interpolation\". Empty: the bundled ones.");
  precision.advanced = weights.advanced = true;
  return Schema({quality, sharpParameter({"fast"}), precision, weights});
}

SwiftNet chosenNet(const std::string& path) {
  if (!path.empty()) return loadSwift(path);
  try {
    return loadSwift(resource(kBundled));
  } catch (const Error& error) {
    throw Error("The weights of the engine swift cannot be used: " + error.failed(), kBundled,
                "Install Framewright again, or choose the engine \"flow\", which needs none.");
  }
}

bool isAlone(const FramePair& pair) { return pair.before.frame.empty() && pair.after.frame.empty(); }

// Turned over, as cv::flip has it.
FramePair turned(const FramePair& alone, int axis) {
  FramePair pair;
  cv::flip(alone.first, pair.first, axis);
  cv::flip(alone.second, pair.second, axis);
  return pair;
}

class Swift : public Engine {
 public:
  Swift(const Settings& settings, const EngineOptions& engine)
      : net_(chosenNet(settings.text("weights"))),
        device_(deviceCalled(engine.device)),
        twoThreads_(engine.threads != 1),
        quality_(settings.text("quality")),
        sharp_(readsSharply(settings)),
        motion_(swiftMotion(quality_, twoThreads_)),
        render_([this](const FramePair& pair, double time) { return motionAt(motion_, pair, time); }, sharp_,
                twoThreads_) {
    const auto& precision = settings.text("precision");
    if (precision != "auto")
      pace_.type = precision == "bfloat16" ? torch::kBFloat16 : torch::kFloat32;
    else if (device_.is_cpu())
      pace_ = fastestPace(net_);
    if (engine.threads > 0) pace_.threads = std::min(pace_.threads, engine.threads);
    net_->to(device_);
  }

  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double> times) override {
    auto frames = render_.between(pair, times);
    if (quality_ == "best" && isAlone(pair)) lookFromOtherSides(pair, times, frames);
    return frames;
  }

  void expect(std::vector<Moment> next) override { render_.expect(std::move(next)); }

  std::optional<Explanation> explain(const FramePair& pair, double time) override {
    requirePair(pair);
    requireBetween(time);
    return explainBetween(pair, motionAt(motion_, pair, time), time);
  }

 private:
  // A search errs elsewhere in mirrored pictures, so the mean of what comes of them errs less. It costs as
  // much again each time: little in a video, where few pairs have no neighbour to say more.
  void lookFromOtherSides(const FramePair& alone, std::span<const double> times,
                          std::vector<BetweenFrame>& frames) {
    double looks = 1;
    for (const int axis : {0, 1}) {
      const FramePair pair = turned(alone, axis);
      const RimmedPair seen(pair);
      ShotMotion motion = swiftMotion(quality_, twoThreads_);  // what motion_ knows of the shot stays known
      for (std::size_t i = 0; i < times.size(); ++i) {
        const auto made = renderBetween(seen, motionAt(motion, pair, times[i]), times[i], sharp_);
        cv::Mat image;
        cv::flip(made.image, image, axis);
        cv::addWeighted(frames[i].image, looks / (looks + 1), image, 1 / (looks + 1), 0, frames[i].image);
      }
      ++looks;
    }
  }

  MotionAtTime motionAt(ShotMotion& shot, const FramePair& pair, double time) {
    const TwoWayMotion motion = shot.of(pair);
    const auto guess = swiftGuesses(motion, time, twoThreads_);
    return swiftMix(net_, motion, guess, time, pace_, device_, twoThreads_);
  }

  SwiftNet net_;
  torch::Device device_;
  bool twoThreads_;
  std::string quality_;
  bool sharp_;
  ShotMotion motion_;
  SwiftPace pace_;
  RenderAhead render_;  ///< the last member: it uses the others
};

}  // namespace

EngineKind swiftEngine() {
  return {.id = "swift",
          .title = "Swift",
          .summary =
              "Follows motion along its bends over four frames, with a small network that learned from real "
              "clips which guess to believe; needs no graphics card.",
          .schema = swiftSchema(),
          .memory = {.fixed = int64_t{230} << 20, .perPixel = 100},
          .make = [](const Settings& settings, const EngineOptions& options) {
            return std::make_unique<Swift>(settings, options);
          }};
}

}  // namespace fw
