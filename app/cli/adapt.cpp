#include "app/cli/adapt.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/cli/output.h"

namespace fw::cli {
namespace {

class AdaptingBar : public TrainObserver {
 public:
  AdaptingBar(ProgressBar& bar, double minutes) : bar_(bar), minutes_(minutes) {}

  void onScalars(int64_t step, double seconds, const Scalars&) override {
    bar_.show(std::min(1.0, seconds / (60 * minutes_)),
              "adapting  step " + std::to_string(step) + "  " + score_);
  }
  void onScores(int64_t step, double, const Scores& scores, bool best) override {
    const auto found = scores.find("validation/psnr");
    if (found == scores.end()) return;
    if (step == 0) before_ = found->second;
    const double gain = found->second - before_;
    score_ = "held-back frames " + fixed(found->second, 2) + " dB (" + (gain < 0 ? "" : "+") +
             fixed(gain, 2) + ")";
    if (best && step > 0) bar_.note("step " + std::to_string(step) + "  " + score_);
  }

 private:
  ProgressBar& bar_;
  double minutes_, before_ = 0;
  std::string score_;
};

nlohmann::json adaptedJson(const AdaptedClip& adapted) {
  return {{"run", adapted.run},   {"before", adapted.before}, {"after", adapted.after},
          {"flow", adapted.flow}, {"helps", adapted.helps()}, {"weights", adapted.weights.string()}};
}

std::string adaptedText(const AdaptedClip& adapted) {
  return "On frames held back: " + fixed(adapted.before, 2) + " dB before, " + fixed(adapted.after, 2) +
         " dB after, optical flow " + fixed(adapted.flow, 2) + " dB.\n" +
         (adapted.helps() ? "The adapted weights: " + adapted.weights.string() + "\n"
                          : "Adapting did not help: the weights stay as they were.\n");
}

}  // namespace

AdaptedClip adaptShowingProgress(Store& store, const ClipAdaptation& wish) {
  ProgressBar bar;
  AdaptingBar observer(bar, wish.minutes);
  TrainControl control;
  const auto adapted = adaptToClip(store, wish, observer, control, interrupted());
  bar.note(adaptedText(adapted));
  return adapted;
}

void addAdaptCommand(CLI::App& app) {
  auto* command = app.add_subcommand(
      "adapt", "Teach the engine swift one clip: learns from its frames and tests on some held back");
  auto wish = std::make_shared<ClipAdaptation>();
  auto json = std::make_shared<bool>(false);
  command->add_option("clip", wish->clip, "A video, or a folder of frames")->required();
  command->add_option("--minutes", wish->minutes, "At most; Ctrl-C ends earlier and keeps what is learned")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--quality", wish->quality, "Quality of swift that it is learned for")
      ->check(CLI::IsMember({"fast", "balanced", "best"}))
      ->capture_default_str();
  command->add_option("--weights", wish->weights, "Weights to begin from; without them the bundled ones");
  command->add_option("--threads", wish->threads, "0: one for each core");
  command->add_flag("--json", *json, "One JSON document on standard output");
  command->callback([=] {
    Store store;
    store.adoptOrphans();
    const auto adapted = adaptShowingProgress(store, *wish);
    printResult(*json, adaptedJson(adapted),
                adapted.helps() ? "Use them: framewright-cli slowmo " + wish->clip.string() +
                                      " --engine swift --swift-weights '" + adapted.weights.string() + "'\n"
                                : "");
  });
}

}  // namespace fw::cli
