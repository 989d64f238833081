#include "core/experiments/middle_frame_unet.h"

#include <algorithm>
#include <optional>

#include "core/base/error.h"
#include "core/data/clip_triplets.h"
#include "core/data/layered_motion.h"
#include "core/experiments/between_frames.h"
#include "core/experiments/clip_losses.h"
#include "core/experiments/vgg16_distance.h"
#include "core/learn/experiment.h"
#include "core/learn/fused_adam.h"
#include "core/nn/middle_frame_net.h"

namespace fw {
namespace {

constexpr const char* kStory =
    "Two frames go in, the frame between comes out, from a plain U-Net that must move every pixel by itself: "
    "no optical flow, no "
    "warping. It is the network that was trained for a week of free graphics time on Vimeo triplets, where "
    "\"validation\" was the "
    "training set. Here the held-out frames are blocks of time, or invented scenes, that are never trained "
    "on.\n\n"
    "With squared error it learns to be vague: where a thing may be in two places, half of it in both costs "
    "least. The chessboard "
    "shows it without any network. A board moved by one square is a perfect board, yet its squared error is "
    "the largest there is; "
    "plain gray has a quarter of it. A loss on edges prefers the board.\n\n"
    "Watch sharpness beside PSNR: the squared error wins the one and loses the other. The original's cure "
    "was VGG-16; its weights "
    "may not be bundled (bring them, if you have them), so the perceptual loss here is a stand-in made of "
    "edge filters, and is named so. "
    "Try next: learn with squared "
    "error first, then with the perceptual one from where that run ended, as the original did.";

Schema schema() {
  auto clips = pathListParameter("clips", "Clips",
                                 "Videos or folders of frames of your own; none: invented scenes in motion.");
  auto width = choiceParameter(
      "width", "Network width", "Channels at full size.", "24",
      {{"16", "16: quick"}, {"24", "24"}, {"32", "32"}, {"64", "64: the original, 1,864,707 weights"}});
  auto loss =
      choiceParameter("loss", "Loss", "What counts as close to the true frame.", "mse", frameLossChoices());
  auto second =
      choiceParameter("later_loss", "Loss later on",
                      "Takes over at the step below; the original: first squared error, then perceptual.",
                      "perceptual", frameLossChoices());
  auto when = integerParameter("later_step", "Change at step", "0: never.", 0, 0, 100'000'000);
  auto vgg = pathParameter(
      "vgg_weights", "VGG-16 weights",
      "torchvision's vgg16.pth, or as safetensors: then the perceptual loss is the original's.");
  auto mixed =
      realParameter("pixel_share", "Share of pixel error",
                    "Mixed into perceptual and census losses, which do not see brightness.", 0.1, 0.0, 1.0);
  auto crop = integerParameter("crop", "Crop", "Side of the square that is trained on, a multiple of 4.", 96,
                               32, 256, "pixels");
  auto height =
      integerParameter("height", "Frame height", "Larger frames of your clips are scaled down to this.", 144,
                       32, 1080, "pixels");
  auto batch = integerParameter("batch", "Batch", "Pairs in one step; 19 in the original.", 4, 1, 64);
  auto rate =
      realParameter("learning_rate", "Learning rate", "Of AdamW. The original: 0.0001.", 1e-3, 1e-7, 1e-1);
  rate.logarithmic = true;
  for (auto* p : {&second, &when, &vgg, &mixed, &crop, &batch}) p->advanced = true;
  return Schema({clips, loss, width, height, rate, second, when, vgg, mixed, crop, batch});
}

/// A board moved by one square beside plain gray: which one a loss prefers.
GalleryRow chessboard() {
  constexpr int64_t kSquare = 8, kSide = 64;
  const auto place = torch::arange(kSide).div(kSquare, "floor");
  const auto board = ((place.unsqueeze(0) + place.unsqueeze(1)) % 2)
                         .to(torch::kFloat)
                         .expand({1, 3, kSide, kSide})
                         .contiguous();
  const auto moved = torch::roll(board, {kSquare}, {3}), gray = torch::full_like(board, 0.5);
  const auto named = [&](const std::string& name, const torch::Tensor& guess) {
    return name + ": squared error " + shortNumber(frameLoss("mse", guess, board).item<double>()) +
           ", edges " + shortNumber(frameLoss("perceptual", guess, board).item<double>());
  };
  return {"why squared error blurs: it prefers gray to a good board in the wrong place",
          {tensorFrame("true board", FrameRole::Target, board[0]),
           tensorFrame(named("moved by a square", moved), FrameRole::Other, moved[0]),
           tensorFrame(named("gray", gray), FrameRole::Other, gray[0])}};
}

class MiddleFrameUnet : public Experiment {
 public:
  MiddleFrameUnet(const Settings& settings, const ExperimentContext& context)
      : settings_(settings),
        chosen_(settings),
        device_(context.device),
        random_(context.seed),
        crop_(static_cast<int>(settings.integer("crop") / 4 * 4)),
        batches_(context.seed, [this](Random& random) { return drawn(random); }) {
    torch::manual_seed(context.seed);
    net_ = MiddleFrameNet(std::stoll(settings.text("width")));
    place(*net_, device_);
    optimizer_ = std::make_unique<FusedAdamW>(net_->parameters(),
                                              torch::optim::AdamWOptions(settings.real("learning_rate")));
    if (const auto& weights = settings.text("vgg_weights"); !weights.empty()) vgg_.emplace(weights, device_);
    if (const auto& clips = settings.paths("clips"); !clips.empty())
      loadClips(readClips(clips, static_cast<int>(settings.integer("height")), 4, 300));
    else
      inventScenes();
  }

  Scalars step() override {
    const auto step = steps_++;
    const auto batch = batches_.of(step);
    const auto prediction = net_->forward(batch.frames);
    const auto later = chosen_.integer("later_step");
    const bool changed = later > 0 && step >= later;
    const auto& name = chosen_.text(changed ? "later_loss" : "loss");
    auto loss = name == "perceptual" && vgg_ ? (*vgg_)(prediction, batch.middle)
                                             : frameLoss(name, prediction, batch.middle);
    if (name == "perceptual" || name == "census")
      loss = loss + chosen_.real("pixel_share") * frameLoss("l1", prediction, batch.middle);
    const double psnr = meanPsnr(prediction.detach().clamp(0, 1), batch.middle);
    return {{"loss", descend(*optimizer_, loss)}, {"psnr", psnr}, {kSecondsWaiting, batches_.waited()}};
  }

  Scores evaluate() override {
    Evaluating evaluating(*net_);
    return betweenScores(heldOut_, maker(), device_);
  }

  Scores baselines() override { return betweenBaselines(heldOut_, device_); }

  Gallery gallery() override {
    constexpr std::size_t kShown = 6;
    Evaluating evaluating(*net_);
    Gallery rows;
    for (std::size_t i = 0; i < std::min(kShown, heldOut_.size()); ++i)
      rows.push_back(betweenRow("held out: " + names_[i], heldOut_[i], maker(), device_));
    addDifferences(rows);
    rows.push_back(chessboard());
    return rows;
  }

  void change(const std::string& parameter, const Value& value) override { chosen_.set(parameter, value); }

  LearningState state() override {
    return {{{"network", net_.ptr()}}, {optimizer_.get()}, &random_, {}, {&steps_}};
  }
  torch::Tensor exampleInput() override { return betweenBatch({heldOut_.front()}, device_).frames; }
  torch::Tensor exampleOutput() override { return net_->forward(exampleInput()); }

 private:
  static constexpr std::size_t kScored = 16;

  BetweenBatch drawn(Random& random) const {
    std::vector<BetweenSample> samples;
    for (int64_t i = 0; i < settings_.integer("batch"); ++i)
      samples.push_back(triplets_ ? triplets_->crop(crop_, random) : layeredMiddle(photos_, crop_, random));
    // Clips of several sizes may be smaller than the crop: they cannot share a batch.
    std::erase_if(samples,
                  [&](const BetweenSample& s) { return s.middle.size() != samples.front().middle.size(); });
    return betweenBatch(samples, device_);
  }

  MakesBetween maker() {
    return [this](const torch::Tensor& frames) { return net_->forward(frames).clamp(0, 1); };
  }

  void inventScenes() {
    constexpr int kPhotos = 24, kPhotoSide = 288, kHeldOutPhotos = 8, kHeldOutSide = 128;
    Random chance(17), other(18);  // scenes do not depend on the run's seed
    for (int i = 0; i < kPhotos; ++i) photos_.push_back(inventedPhoto(kPhotoSide, chance));
    std::vector<cv::Mat> unseen;
    for (int i = 0; i < kHeldOutPhotos; ++i) unseen.push_back(inventedPhoto(kPhotoSide, other));
    for (std::size_t i = 0; i < kScored; ++i) {
      heldOut_.push_back(layeredMiddle(unseen, kHeldOutSide, other));
      names_.push_back("invented scene " + std::to_string(i + 1));
    }
  }

  void loadClips(std::vector<ShortClip> clips) {
    triplets_.emplace(std::move(clips));
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
  MiddleFrameNet net_{nullptr};
  int64_t steps_ = 0;
  std::optional<Vgg16Distance> vgg_;
  std::unique_ptr<FusedAdamW> optimizer_;
  BatchesAhead<BetweenBatch> batches_;
};

}  // namespace

ExperimentKind middleFrameUnet() {
  return {
      "middle-frame-unet",
      "Middle frame by U-Net",
      "Why does squared error blur, and what does not?",
      kStory,
      "About a week of free T4 time on 1,078 triplets, validated on the same; loss 1.60 to 0.986, no PSNR.",
      schema(),
      2000,
      {{"validation/psnr", "PSNR on held-out frames", "dB", false},
       {"validation/ssim", "SSIM on held-out frames", "", false},
       {"validation/sharpness", "Sharpness, of the true frames'", "%", false}},
      [](const Settings& settings, const ExperimentContext& context) {
        return std::make_unique<MiddleFrameUnet>(settings, context);
      },
      {"loss", "pixel_share"}};
}

}  // namespace fw
