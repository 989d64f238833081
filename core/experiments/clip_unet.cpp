#include "core/experiments/clip_unet.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/data/clip_triplets.h"
#include "core/experiments/between_frames.h"
#include "core/experiments/clip_losses.h"
#include "core/learn/experiment.h"
#include "core/learn/fused_adam.h"
#include "core/nn/middle_frame_net.h"

namespace fw {
namespace {

constexpr const char* kStory =
    "Train a tiny U-Net on the very video that is to be doubled, then let it insert a frame between every "
    "pair: an idea that runs on "
    "a modest computer. Both frames pass the same encoder. Fused inside (\"infuse\"), their features are "
    "averaged and one picture is "
    "drawn; fused outside, two pictures are drawn and averaged, and what was blended cannot be repaired.\n\n"
    "The original split its frames at random, so that its validation frames had near twins in training. Here "
    "whole blocks of time "
    "are held out. Its pictures were stretched by their own minimum and maximum and came out dark; here "
    "black stays black. It also "
    "found that SGD \"blackens the image and stays there\": see for yourself.\n\n"
    "Watch the ghosts: a fast thing appears twice, half transparent, as in the plain average. A network with "
    "no idea of motion can "
    "sharpen the ghosts but not move them together, which is why the interpolation experiment exists. Try "
    "next: your own clip; "
    "outfuse; SGD; the loss 1 − SSIM; the 56 weights of step 0.";

Schema schema() {
  auto clips =
      pathListParameter("clips", "Clip", "The video to learn, or several; none: a windmill of ours.");
  auto net = choiceParameter("network", "Network", "Sizes as in the original.", "small",
                             {{"small", "16,851 weights"},
                              {"large", "257,859 weights"},
                              {"step-0", "Step 0: one Conv3d, 56 weights"}});
  auto fuse = choiceParameter(
      "fusion", "Fusion", "Where the two frames become one.", "infuse",
      {{"infuse", "Inside: features are averaged"}, {"outfuse", "Outside: pictures are averaged"}});
  fuse.mattersWhen = {{"network", {Value(std::string("small")), Value(std::string("large"))}}};
  auto loss = choiceParameter("loss", "Loss", "The original tried squared error, SSIM and PSNR.", "mse",
                              frameLossChoices());
  auto optimizer = choiceParameter("optimizer", "Optimizer", "SGD darkens the picture, the original found.",
                                   "adam", {{"adam", "Adam"}, {"sgd", "SGD"}});
  auto rate = realParameter("learning_rate", "Learning rate", "0.001 in the original.", 2e-3, 1e-7, 10);
  rate.logarithmic = true;
  auto height = integerParameter("height", "Frame height",
                                 "Larger frames are scaled down to this, so that memory suffices.", 144, 32,
                                 720, "pixels");
  auto frames =
      integerParameter("frames", "Most frames", "Of each clip; the rest is left out.", 300, 12, 2000);
  auto crop =
      integerParameter("crop", "Crop", "Side of the square that is trained on, even.", 96, 32, 512, "pixels");
  auto batch = integerParameter("batch", "Batch", "7 in the original.", 7, 1, 64);
  for (auto* p : {&frames, &crop, &batch}) p->advanced = true;
  return Schema({clips, net, fuse, loss, optimizer, rate, height, frames, crop, batch});
}

ClipTriplets tripletsFor(const Settings& settings) {
  const int height = static_cast<int>(settings.integer("height"));
  const auto& clips = settings.paths("clips");
  return ClipTriplets(
      clips.empty() ? sampleClips(height, 2)
                    : readClips(clips, height, 2, static_cast<std::size_t>(settings.integer("frames"))));
}

class ClipUnet : public Experiment {
 public:
  ClipUnet(const Settings& settings, const ExperimentContext& context)
      : settings_(settings),
        device_(context.device),
        random_(context.seed),
        triplets_(tripletsFor(settings)),
        batches_(context.seed, [this, count = settings.integer("batch"),
                                side = static_cast<int>(settings.integer("crop") / 2 * 2)](Random& random) {
          return drawn(count, side, random);
        }) {
    torch::manual_seed(context.seed);
    const auto& kind = settings.text("network");
    net_ = kind == "step-0"
               ? network(NaiveConv3d(), device_)
               : network(FusedUNet(kind == "small" ? 16 : 64, settings.text("fusion") == "infuse"), device_);
    const double rate = settings.real("learning_rate");
    if (settings.text("optimizer") == "sgd")
      optimizer_ =
          std::make_unique<torch::optim::SGD>(net_.module->parameters(), torch::optim::SGDOptions(rate));
    else
      optimizer_ = std::make_unique<FusedAdam>(net_.module->parameters(), torch::optim::AdamOptions(rate));
    const auto count = std::min(kScored, triplets_.heldOutCount());
    for (std::size_t i = 0; i < count; ++i) {
      const auto which = i * triplets_.heldOutCount() / count;
      heldOut_.push_back(triplets_.heldOut(which));
      names_.push_back(triplets_.heldOutName(which));
    }
  }

  Scalars step() override {
    const auto batch = batches_.of(steps_++);
    const auto prediction = net_.forward(batch.frames);
    const double psnr = meanPsnr(prediction.detach().clamp(0, 1), batch.middle);
    const double loss = descend(*optimizer_, frameLoss(settings_.text("loss"), prediction, batch.middle));
    return {{"loss", loss}, {"psnr", psnr}, {kSecondsWaiting, batches_.waited()}};
  }

  Scores evaluate() override {
    Evaluating evaluating(*net_.module);
    auto scores = betweenScores(heldOut_, maker(), device_);
    double bright = 0, truth = 0;
    for (const auto& sample : heldOut_) {
      const auto batch = betweenBatch({sample}, device_);
      bright += maker()(batch.frames).mean().item<double>();
      truth += batch.middle.mean().item<double>();
    }
    scores["validation/brightness"] = 100.0 * bright / std::max(truth, 1e-9);
    return scores;
  }

  Scores baselines() override { return betweenBaselines(heldOut_, device_); }

  Gallery gallery() override {
    constexpr std::size_t kShown = 6;
    Evaluating evaluating(*net_.module);
    Gallery rows;
    for (std::size_t i = 0; i < std::min(kShown, heldOut_.size()); ++i)
      rows.push_back(betweenRow("held out: " + names_[i], heldOut_[i], maker(), device_));
    addDifferences(rows);
    return rows;
  }

  void change(const std::string& parameter, const Value& value) override { settings_.set(parameter, value); }

  LearningState state() override {
    return {{{"network", net_.module}}, {optimizer_.get()}, &random_, {}, {&steps_}};
  }
  torch::Tensor exampleInput() override { return betweenBatch({heldOut_.front()}, device_).frames; }
  torch::Tensor exampleOutput() override { return net_.forward(exampleInput()); }

 private:
  static constexpr std::size_t kScored = 16;

  BetweenBatch drawn(int64_t count, int side, Random& random) const {
    std::vector<BetweenSample> samples;
    for (int64_t i = 0; i < count; ++i) samples.push_back(triplets_.crop(side, random));
    // Clips of several sizes may be smaller than the crop: they cannot share a batch.
    std::erase_if(samples,
                  [&](const BetweenSample& s) { return s.middle.size() != samples.front().middle.size(); });
    return betweenBatch(samples, device_);
  }

  MakesBetween maker() {
    return [this](const torch::Tensor& frames) { return net_.forward(frames).clamp(0, 1); };
  }

  Settings settings_;
  torch::Device device_;
  Random random_;
  ClipTriplets triplets_;
  std::vector<BetweenSample> heldOut_;
  std::vector<std::string> names_;
  Network net_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  int64_t steps_ = 0;
  BatchesAhead<BetweenBatch> batches_;
};

}  // namespace

ExperimentKind clipUnet() {
  return {"clip-unet",
          "Learning one clip",
          "Is a tiny network enough when it knows the very clip?",
          kStory,
          "\"Ghosts\" and \"too dark\"; curves without numbers, validated on frames almost equal to training "
          "ones.",
          schema(),
          1500,
          {{"validation/psnr", "PSNR on held-out blocks of time", "dB", false},
           {"validation/ssim", "SSIM on held-out blocks of time", "", false},
           {"validation/sharpness", "Sharpness, of the true frames'", "%", false},
           {"validation/brightness", "Brightness, of the true frames'", "%", false}},
          [](const Settings& settings, const ExperimentContext& context) {
            return std::make_unique<ClipUnet>(settings, context);
          },
          {"loss"}};
}

}  // namespace fw
