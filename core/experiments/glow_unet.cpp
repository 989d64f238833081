#include "core/experiments/glow_unet.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "core/base/error.h"
#include "core/data/clip_triplets.h"
#include "core/data/layered_motion.h"
#include "core/experiments/between_frames.h"
#include "core/experiments/clip_losses.h"
#include "core/learn/experiment.h"
#include "core/learn/fused_adam.h"
#include "core/nn/glow_unet.h"
#include "core/nn/tensor_image.h"
#include "core/slowmo/flow_motion.h"
#include "core/slowmo/flow_render.h"

namespace fw {
namespace {

constexpr const char* kStory =
    "A network that can be run backwards. On the way down it turns a picture into a code as long as the "
    "picture, on the way up the "
    "code into the picture again, exactly. It is trained so that the codes of neighbouring frames lie on a "
    "straight line; then the "
    "frame between two frames is the inverse of the average of their codes, and nothing is lost in a "
    "bottleneck.\n\n"
    "It begins as a mere rotation of colours, for which averaging codes is averaging pictures: the plain "
    "blend is its first answer, and "
    "the line it has to leave behind. The paper gained 1.8 dB over blending. As the paper does not say what "
    "its couplings are told, "
    "there are three kinds: alone, as a Glow is; with a view of both outer frames and the time; and with a "
    "view of what "
    "optical flow makes of them, too. All remain exactly invertible. What the flow makes by itself is drawn "
    "as a line of its own, so that nobody takes its merit for the network's.\n\n"
    "Watch the consistency, how far the true middle's code is from the average, fall with the pixel error, "
    "and the inverse stay "
    "exact. Try next: the couplings alone; the weights of the three losses; your own clips.";

Schema schema() {
  auto clips = pathListParameter("clips", "Clips",
                                 "Videos or folders of frames of your own; none: invented scenes in motion.");
  auto heldOut = pathListParameter("held_out", "Held-out clips",
                                   "Other clips to judge on; none: blocks of time of the clips above.");
  auto told =
      choiceParameter("couplings", "Couplings", "What decides how a picture becomes a code.", "motion",
                      {{"motion", "See both outer frames, and both moved to meet by optical flow"},
                       {"pair", "See both outer frames"},
                       {"alone", "See the picture alone, as in Glow"}});
  auto levels = integerParameter("levels", "Levels", "How often the size is halved.", 3, 1, 4);
  auto steps = integerParameter("flow_steps", "Flow steps", "At each level.", 3, 1, 16);
  auto width = integerParameter("width", "Coupling width", "Channels inside the couplings.", 48, 8, 512);
  auto pixel = realParameter("pixel_weight", "Weight of pixels",
                             "Absolute error of the inverse of the average.", 1.0, 0.0, 100.0);
  auto consistency =
      realParameter("consistency_weight", "Weight of consistency",
                    "Squared distance of the middle's code from the average.", 0.1, 0.0, 100.0);
  auto likelihood =
      realParameter("likelihood_weight", "Weight of likelihood",
                    "Bits for each value under a normal distribution of codes.", 1e-4, 0.0, 10.0);
  auto crop = integerParameter("crop", "Crop",
                               "Side of the square that is trained on; rounded down to a multiple of 16.", 64,
                               32, 256, "pixels");
  auto height = integerParameter("height", "Frame height", "Larger frames of clips are scaled down to this.",
                                 96, 32, 480, "pixels");
  auto batch = integerParameter("batch", "Batch", "Triplets in one step.", 4, 1, 64);
  auto rate = realParameter("learning_rate", "Learning rate", "Of Adam.", 1e-3, 1e-7, 0.1);
  rate.logarithmic = true;
  for (auto* p : {&levels, &steps, &width, &pixel, &consistency, &likelihood, &crop, &batch})
    p->advanced = true;
  return Schema({clips, heldOut, told, height, rate, levels, steps, width, pixel, consistency, likelihood,
                 crop, batch});
}

/// What optical flow makes of both frames, halfway.
torch::Tensor movedToMeet(const cv::Mat& first, const cv::Mat& second) {
  constexpr double kHalfway = 0.5;
  const FramePair pair{first, second};
  MotionOptions options;
  options.twoThreads = false;  // it works beside a training network
  const auto motion = motionAtTime(estimateMotion(pair, options), kHalfway, true, false);
  return toTensor(renderBetween(pair, motion, kHalfway, false).image);
}

struct ToldBatch {
  torch::Tensor told;    ///< [N, 6 or 9, H, W]: the outer frames, and what flow makes of them
  torch::Tensor middle;  ///< [N, 3, H, W]
};

class GlowUnet : public Experiment {
 public:
  GlowUnet(const Settings& settings, const ExperimentContext& context)
      : settings_(settings),
        chosen_(settings),
        device_(context.device),
        random_(context.seed),
        crop_(static_cast<int>(settings.integer("crop") / 16 * 16)),
        batches_(context.seed, [this](Random& random) { return drawn(random); }) {
    torch::manual_seed(context.seed);
    net_ = GlowUNet(GlowUNetOptions{settings.integer("levels"), settings.integer("flow_steps"),
                                    settings.integer("width"), toldChannels()});
    net_->to(device_);
    optimizer_ = std::make_unique<FusedAdam>(net_->parameters(),
                                             torch::optim::AdamOptions(settings.real("learning_rate")));
    if (settings.paths("clips").empty())
      inventScenes();
    else
      loadClips();
  }

  Scalars step() override {
    const auto batch = batches_.of(steps_++);

    // The three pictures in one go: encoding is where the time goes.
    const auto half = torch::full({batch.middle.size(0)}, 0.5, batch.middle.options());
    const auto three = torch::cat({batch.told.slice(1, 0, 3), batch.middle, batch.told.slice(1, 3, 6)});
    const auto code = net_->encode(three, batch.told, torch::cat({0 * half, half, 2 * half}));
    auto distance = torch::zeros({}, three.options()), energy = torch::zeros({}, three.options());
    std::vector<torch::Tensor> average;
    for (const auto& level : code.levels) {
      const auto each = level.chunk(3);
      average.push_back(0.5 * (each[0] + each[2]));
      distance = distance + (each[1] - average.back()).square().sum();
      energy = energy + 0.5 * level.square().sum();
    }
    distance = distance / static_cast<double>(batch.middle.numel());
    const auto made = net_->decode(average, batch.told, half);
    const auto values = static_cast<double>(three.numel());
    const auto bits = ((energy - code.logDeterminant.sum()) / values + 0.5 * std::log(2 * std::numbers::pi)) /
                          std::numbers::ln2 +
                      8.0;
    const auto pixels = frameLoss("charbonnier", made, batch.middle);
    const double psnr = meanPsnr(made.detach().clamp(0, 1), batch.middle);
    const auto loss = chosen_.real("pixel_weight") * pixels + chosen_.real("consistency_weight") * distance +
                      chosen_.real("likelihood_weight") * bits;
    optimizer_->zero_grad();
    loss.backward();
    torch::nn::utils::clip_grad_norm_(net_->parameters(), 1.0);
    optimizer_->step();
    return {{"loss", loss.item<double>()},
            {"pixel error", pixels.item<double>()},
            {"consistency", distance.item<double>()},
            {"bits per value", bits.item<double>()},
            {"psnr", psnr},
            {kSecondsWaiting, batches_.waited()}};
  }

  Scores evaluate() override {
    Evaluating evaluating(*net_);
    auto scores = betweenScores(heldOut_, maker(), device_);
    scores["validation/gain over blending"] = scores["validation/psnr"] - blending();
    const auto batch = toldBatch({heldOut_.front()});
    const auto code = net_->encode(batch.middle, batch.told, halfway());
    scores["validation/largest error of the inverse"] =
        (net_->decode(code.levels, batch.told, halfway()) - batch.middle).abs().max().item<double>();
    return scores;
  }

  Scores baselines() override {
    Scores scores = betweenBaselines(heldOut_, device_);
    scores.merge(betweenScores(
        heldOut_, [](const torch::Tensor& frames) { return flowBetween(frames); }, device_,
        " (optical flow)"));
    return scores;
  }

  Gallery gallery() override {
    constexpr std::size_t kShown = 6;
    Evaluating evaluating(*net_);
    Gallery rows;
    for (std::size_t i = 0; i < std::min(kShown, heldOut_.size()); ++i) {
      auto row = betweenRow("held out: " + names_[i], heldOut_[i], maker(), device_);
      const auto batch = toldBatch({heldOut_[i]});
      const auto back =
          net_->decode(net_->encode(batch.middle, batch.told, halfway()).levels, batch.told, halfway());
      row.frames.push_back(
          tensorFrame("optical flow", FrameRole::Baseline, flowBetween(batch.told.slice(1, 0, 6))[0]));
      row.frames.push_back(tensorFrame("truth, encoded and decoded", FrameRole::Other, back[0]));
      rows.push_back(std::move(row));
    }
    addDifferences(rows);
    return rows;
  }

  void change(const std::string& parameter, const Value& value) override { chosen_.set(parameter, value); }

  LearningState state() override {
    return {{{"network", net_.ptr()}}, {optimizer_.get()}, &random_, {}, {&steps_}};
  }
  torch::Tensor exampleInput() override { return toldBatch({heldOut_.front()}).told; }
  torch::Tensor exampleOutput() override { return net_->forward(exampleInput()); }

 private:
  static constexpr std::size_t kScored = 24;

  int64_t toldChannels() const {
    const auto& told = settings_.text("couplings");
    return told == "motion" ? 9 : told == "pair" ? 6 : 0;
  }

  /// Pictures of [1, 6, H, W] as optical flow sees them halfway: [1, 3, H, W].
  static torch::Tensor flowBetween(const torch::Tensor& frames) {
    return movedToMeet(toImage(frames[0].slice(0, 0, 3)), toImage(frames[0].slice(0, 3, 6)))
        .unsqueeze(0)
        .to(frames.device());
  }

  torch::Tensor told(const torch::Tensor& frames) const {
    return toldChannels() == 9 ? torch::cat({frames, flowBetween(frames)}, 1) : frames;
  }

  ToldBatch toldBatch(const std::vector<BetweenSample>& samples) const {
    std::vector<torch::Tensor> all;
    const auto batch = betweenBatch(samples, device_);
    for (const auto& frames : batch.frames.split(1)) all.push_back(told(frames));
    return {torch::cat(all), batch.middle};
  }

  ToldBatch drawn(Random& random) const {
    std::vector<BetweenSample> samples;
    for (int64_t i = 0; i < settings_.integer("batch"); ++i)
      samples.push_back(triplets_ ? triplets_->crop(crop_, random) : layeredMiddle(photos_, crop_, random));
    // Clips of several sizes may be smaller than the crop: they cannot share a batch.
    std::erase_if(samples,
                  [&](const BetweenSample& s) { return s.middle.size() != samples.front().middle.size(); });
    return toldBatch(samples);
  }

  MakesBetween maker() {
    return [this](const torch::Tensor& frames) { return net_->forward(told(frames)).clamp(0, 1); };
  }

  torch::Tensor halfway() const { return torch::full({1}, 0.5, torch::TensorOptions(device_)); }

  double blending() {
    if (!blending_) blending_ = baselines().at("validation/psnr (plain average)");
    return *blending_;
  }

  void inventScenes() {
    constexpr int kPhotos = 24, kPhotoSide = 256, kHeldOutSide = 96;
    Random chance(21), other(22);  // scenes do not depend on the run's seed
    std::vector<cv::Mat> unseen;
    for (int i = 0; i < kPhotos; ++i) photos_.push_back(inventedPhoto(kPhotoSide, chance));
    for (int i = 0; i < kPhotos / 3; ++i) unseen.push_back(inventedPhoto(kPhotoSide, other));
    for (std::size_t i = 0; i < kScored; ++i) {
      heldOut_.push_back(layeredMiddle(unseen, kHeldOutSide, other));
      names_.push_back("invented scene " + std::to_string(i + 1));
    }
  }

  void loadClips() {
    constexpr std::size_t kMostFrames = 120;
    const int height = static_cast<int>(settings_.integer("height"));
    triplets_.emplace(readClips(settings_.paths("clips"), height, 16, kMostFrames));
    if (const auto& others = settings_.paths("held_out"); !others.empty()) {
      const auto clips = readClips(others, height, 16, kMostFrames);
      for (std::size_t i = 0; i < kScored; ++i) {
        const auto& clip = clips[i % clips.size()];
        const auto turn = i / clips.size(), turns = (kScored + clips.size() - 1) / clips.size();
        const auto middle = 1 + turn * (clip.frames.size() - 2) / turns;
        heldOut_.push_back({clip.frames[middle - 1], clip.frames[middle], clip.frames[middle + 1], 0.5});
        names_.push_back(clip.name + ", frame " + std::to_string(middle + 1));
      }
      return;
    }
    for (const auto which : triplets_->heldOutSpread(kScored)) {
      heldOut_.push_back(triplets_->heldOut(which));
      names_.push_back(triplets_->heldOutName(which));
    }
  }

  const Settings settings_;  // the next batch is drawn from them on another thread
  Settings chosen_;          // may change while it runs
  torch::Device device_;
  Random random_;
  int crop_;
  std::vector<cv::Mat> photos_;
  std::optional<ClipTriplets> triplets_;
  std::vector<BetweenSample> heldOut_;
  std::vector<std::string> names_;
  std::optional<double> blending_;
  GlowUNet net_{nullptr};
  int64_t steps_ = 0;
  std::unique_ptr<FusedAdam> optimizer_;
  BatchesAhead<ToldBatch> batches_;
};

}  // namespace

ExperimentKind glowUnet() {
  return {"glow-unet",
          "A U-Net that runs backwards",
          "Can frames be averaged as codes rather than as pixels?",
          kStory,
          "UGLOW: 24.54 to 26.30 dB, +1.8 dB over blending, on the Middlebury evaluation set.",
          schema(),
          2000,
          {{"validation/psnr", "PSNR on held-out frames", "dB", false},
           {"validation/gain over blending", "Gain over the plain average", "dB", false},
           {"validation/ssim", "SSIM on held-out frames", "", false},
           {"validation/sharpness", "Sharpness, of the true frames'", "%", false},
           {"validation/largest error of the inverse", "Largest error of the inverse", "of the range", true}},
          [](const Settings& settings, const ExperimentContext& context) {
            return std::make_unique<GlowUnet>(settings, context);
          },
          {"pixel_weight", "consistency_weight", "likelihood_weight"}};
}

}  // namespace fw
