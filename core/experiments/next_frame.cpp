#include "core/experiments/next_frame.h"

#include <algorithm>
#include <cstdio>
#include <opencv2/video/tracking.hpp>

#include "core/base/error.h"
#include "core/data/frame_sequences.h"
#include "core/experiments/classifier_pictures.h"
#include "core/experiments/learning_steps.h"
#include "core/learn/experiment.h"
#include "core/learn/fused_adam.h"
#include "core/nn/frame_predictors.h"
#include "core/nn/tensor_image.h"
#include "core/nn/warp.h"

namespace fw {
namespace {

constexpr const char* kSanityStory =
    "Before a network is asked to foresee anything it should at least learn a few sequences by heart: shown "
    "the last frames of one of "
    "them, it must paint the next. If it cannot, something is broken. Eye of Newt planned this step and "
    "never came to it.\n\n"
    "Two lines tell whether it is worth anything: repeating the last frame, and pushing it on along the "
    "optical flow. The PSNR on the "
    "sequences it learns should leave both behind; on unseen ones it need not, and the gap between the two "
    "is learning by heart.\n\n"
    "Try next: the other two networks, and the general experiment, where sequences never repeat.";

constexpr const char* kGeneralStory =
    "From the last frames, the next: of sequences that were never trained on. Digits and shapes fly, bounce "
    "and pass in front of one "
    "another, so that the network must see movement, walls, and who is in front.\n\n"
    "Three networks: a U-Net that paints the next frame, a recurrent one that reads the frames one by one "
    "into a memory, and one "
    "that says how every pixel moves and paints only what was hidden. Beside them stand repeating the last "
    "frame and optical "
    "flow that goes on as it was.\n\n"
    "Then the prediction is fed back, again and again. Errors grow: the roll-out chart shows how fast, and "
    "the animation shows "
    "how. Try next: your own clips. Their last quarter is held out.";

constexpr int kRollOut = 8;

Schema schema(bool sanity) {
  auto data = choiceParameter(
      "data", "Sequences", "What moves.", "sprites",
      {{"sprites", "Bouncing digits and shapes"}, {"blobs", "The blob world"}, {"own", "Your own clips"}});
  auto clips = pathListParameter("clips", "Clips", "Videos or folders of frames; none: a windmill of ours.");
  clips.mattersWhen = {{"data", {Value(std::string("own"))}}};
  auto net = choiceParameter("network", "Network", "How the next frame is made.", "direct",
                             {{"direct", "U-Net that paints it"},
                              {"recurrent", "Recurrent (ConvGRU)"},
                              {"flow", "Flow that moves the last frame"}});
  auto frames = integerParameter("frames", "Frames seen", "How many frames the network sees.", 4, 2, 12);
  auto side = integerParameter("size", "Picture size",
                               "Of made sequences, and of the squares cut from clips; a multiple of 8.", 48,
                               32, 256, "pixels");
  auto height = integerParameter("height", "Clip height", "Larger frames of clips are scaled down to this.",
                                 96, 32, 720, "pixels");
  height.mattersWhen = clips.mattersWhen;
  auto count =
      integerParameter("sequences", "Sequences to learn", "How many are learned by heart.", 4, 1, 64);
  auto width = integerParameter("width", "Network width", "Channels at full size.", 16, 4, 64);
  auto batch = integerParameter("batch", "Batch", "Sequences in one step.", 16, 1, 128);
  auto rate = realParameter("learning_rate", "Learning rate", "Of Adam.", 2e-3, 1e-6, 0.1);
  rate.logarithmic = true;
  for (auto* p : {&width, &batch}) p->advanced = true;
  std::vector<Parameter> all{data, clips, net, frames, side, height, rate, width, batch};
  if (sanity) all.insert(all.begin() + 3, count);
  return Schema(all);
}

FrameSequences sequencesFor(const Settings& settings) {
  const int side = static_cast<int>(settings.integer("size") / 8 * 8);
  if (settings.text("data") == "sprites") return FrameSequences::sprites(side);
  if (settings.text("data") == "blobs") return FrameSequences::blobs(side);
  const int height = static_cast<int>(settings.integer("height"));
  const auto& clips = settings.paths("clips");
  auto all = clips.empty() ? sampleClips(height, 8) : readClips(clips, height, 8, 400);
  // A quarter of each is held out. Of a whole folder of clips those too short for that are left out; when all
  // are, it says so.
  const auto fits = [&](const ShortClip& clip) {
    return std::ssize(clip.frames) / 4 >= settings.integer("frames") + kRollOut;
  };
  if (std::ranges::any_of(all, fits)) std::erase_if(all, [&](const ShortClip& clip) { return !fits(clip); });
  return FrameSequences::clips(std::move(all));
}

/// [T, C, H, W]
torch::Tensor stacked(const std::vector<cv::Mat>& frames) { return toBatch(frames); }

/// The last frame pushed on as it moved from the one before: it came from `flow`, so it goes on against it.
torch::Tensor flowGoesOn(const torch::Tensor& frames) {
  const auto count = frames.size(0);
  const auto gray = [](const torch::Tensor& frame) { return toImage(frame.mean(0, true)); };
  cv::Mat flow;
  cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM)
      ->calc(gray(frames[count - 1]), gray(frames[count - 2]), flow);
  const auto shift = torch::from_blob(flow.data, {1, flow.rows, flow.cols, 2}).permute({0, 3, 1, 2}).clone();
  return warp(frames.slice(0, count - 1), shift)[0];
}

class NextFrame : public Experiment {
 public:
  NextFrame(const Settings& settings, const ExperimentContext& context, bool sanity)
      : settings_(settings),
        device_(context.device),
        random_(context.seed),
        sequences_(sequencesFor(settings)),
        seen_(static_cast<int>(settings.integer("frames"))),
        batches_(context.seed, [this](Random& random) { return batch(random); }) {
    torch::manual_seed(context.seed);
    const int64_t channels = sequences_.channels(), width = settings.integer("width");
    const auto& kind = settings.text("network");
    net_ = kind == "recurrent" ? network(RecurrentPredictor(channels, 2 * width), device_)
           : kind == "flow"    ? network(FlowPredictor(seen_, channels, width), device_)
                               : network(DirectPredictor(seen_, channels, width), device_);
    optimizer_ = std::make_unique<FusedAdam>(net_.module->parameters(),
                                             torch::optim::AdamOptions(settings.real("learning_rate")));
    if (sanity) {
      Random chance(41);  // the same sequences whatever the run's seed
      for (int64_t i = 0; i < settings.integer("sequences"); ++i)
        learned_.push_back(stacked(sequences_.training(seen_ + kRollOut, side(), chance)));
    }
    for (std::size_t i = 0; i < kHeldOut; ++i)
      heldOut_.push_back(stacked(sequences_.heldOut(seen_ + kRollOut, i)));
  }

  Scalars step() override {
    const auto frames = batches_.of(steps_++).to(device_);
    const auto truth = frames.select(1, seen_);
    const auto prediction = net_.forward(frames.slice(1, 0, seen_));
    const double psnr = meanPsnr(prediction.detach().clamp(0, 1), truth);
    const double loss = descend(*optimizer_, torch::mse_loss(prediction, truth));
    return {{"loss", loss}, {"psnr", psnr}, {kSecondsWaiting, batches_.waited()}};
  }

  Scores evaluate() override {
    Evaluating evaluating(*net_.module);
    Scores scores{{"validation/psnr", nextPsnr(heldOut_, predictor())}};
    if (!learned_.empty()) scores["training/psnr"] = nextPsnr(learned_, predictor());
    const auto curve = rollOutPsnr(predictor());
    scores["roll-out/psnr after 4 frames"] = curve[3];
    scores["roll-out/psnr after 8 frames"] = curve[7];
    return scores;
  }

  Scores baselines() override {
    Scores scores{{"validation/psnr (copy the last)", nextPsnr(heldOut_, copyLast)},
                  {"validation/psnr (flow goes on)", nextPsnr(heldOut_, flowGoesOn)}};
    if (!learned_.empty()) {
      scores["training/psnr (copy the last)"] = nextPsnr(learned_, copyLast);
      scores["training/psnr (flow goes on)"] = nextPsnr(learned_, flowGoesOn);
    }
    return scores;
  }

  Gallery gallery() override {
    constexpr std::size_t kShown = 6;
    Evaluating evaluating(*net_.module);
    Gallery rows;
    for (std::size_t i = 0; i < std::min(kShown, learned_.size()); ++i)
      rows.push_back(row("learned by heart: sequence " + std::to_string(i + 1), learned_[i]));
    for (std::size_t i = 0; i < kShown; ++i) rows.push_back(row(sequences_.name(i), heldOut_[i]));
    addDifferences(rows);
    rows.push_back({"fed back: how fast the error grows", {rollOutChart()}});
    return rows;
  }

  LearningState state() override {
    return {{{"network", net_.module}}, {optimizer_.get()}, &random_, {}, {&steps_}};
  }
  torch::Tensor exampleInput() override {
    return heldOut_.front().slice(0, 0, seen_).unsqueeze(0).to(device_);
  }
  torch::Tensor exampleOutput() override { return net_.forward(exampleInput()); }

 private:
  using Predicts = std::function<torch::Tensor(const torch::Tensor& frames)>;  // [T, C, H, W] to [C, H, W]
  static constexpr std::size_t kHeldOut = 24;

  static torch::Tensor copyLast(const torch::Tensor& frames) { return frames[frames.size(0) - 1]; }

  int side() const { return static_cast<int>(settings_.integer("size") / 8 * 8); }

  torch::Tensor batch(Random& random) const {
    std::vector<torch::Tensor> sequences;
    for (int64_t i = 0; i < settings_.integer("batch"); ++i) sequences.push_back(drawn(random));
    // Clips that are smaller than the part to be learned give smaller ones.
    std::erase_if(sequences, [size = sequences.front().sizes().vec()](const torch::Tensor& other) {
      return other.sizes() != size;
    });
    return torch::stack(sequences);
  }

  torch::Tensor drawn(Random& random) const {
    if (learned_.empty()) return stacked(sequences_.training(seen_ + 1, side(), random));
    const auto& whole = learned_[static_cast<std::size_t>(random.integer(0, std::ssize(learned_) - 1))];
    const auto first = random.integer(0, whole.size(0) - seen_ - 1);
    return whole.slice(0, first, first + seen_ + 1);
  }

  Predicts predictor() {
    return [this](const torch::Tensor& frames) {
      return net_.forward(frames.unsqueeze(0).to(device_))[0].clamp(0, 1).cpu();
    };
  }

  double nextPsnr(const std::vector<torch::Tensor>& sequences, const Predicts& predicts) const {
    torch::NoGradGuard noGrad;
    double sum = 0;
    for (const auto& frames : sequences)
      sum += meanPsnr(predicts(frames.slice(0, 0, seen_)).unsqueeze(0), frames.slice(0, seen_, seen_ + 1));
    return sum / static_cast<double>(sequences.size());
  }

  /// What is predicted when every prediction is taken for the truth: [kRollOut, C, H, W].
  torch::Tensor rolledOut(const torch::Tensor& frames, const Predicts& predicts) const {
    torch::NoGradGuard noGrad;
    std::vector<torch::Tensor> all;
    for (int t = 0; t < seen_; ++t) all.push_back(frames[t]);
    for (int t = 0; t < kRollOut; ++t)
      all.push_back(predicts(torch::stack(std::vector<torch::Tensor>(all.end() - seen_, all.end()))));
    return torch::stack(std::vector<torch::Tensor>(all.end() - kRollOut, all.end()));
  }

  std::vector<double> rollOutPsnr(const Predicts& predicts) const {
    constexpr std::size_t kSequences = 8;
    std::vector<double> mean(kRollOut, 0.0);
    for (std::size_t i = 0; i < kSequences; ++i) {
      const auto predicted = rolledOut(heldOut_[i], predicts);
      for (int t = 0; t < kRollOut; ++t)
        mean[static_cast<std::size_t>(t)] +=
            meanPsnr(predicted[t].unsqueeze(0), heldOut_[i].slice(0, seen_ + t, seen_ + t + 1)) / kSequences;
    }
    return mean;
  }

  GalleryFrame rollOutChart() {
    constexpr double kHighest = 40.0;  // dB, the top of the chart
    if (trivialCurves_.empty())        // they never change, and optical flow takes its time
      trivialCurves_ = {{"copy the last", rollOutPsnr(copyLast)}, {"flow goes on", rollOutPsnr(flowGoesOn)}};
    auto curves = trivialCurves_;
    curves["network"] = rollOutPsnr(predictor());
    return curvesPicture("PSNR in dB of each frame that is fed back", curves, "frames fed back", 1, kHighest);
  }

  GalleryRow row(const std::string& name, const torch::Tensor& frames) {
    const auto seen = frames.slice(0, 0, seen_), future = frames.slice(0, seen_);
    const auto next = predictor()(seen);
    char quality[64];
    std::snprintf(quality, sizeof quality, ": %.1f dB, copy %.1f dB",
                  meanPsnr(next.unsqueeze(0), future.slice(0, 0, 1)),
                  meanPsnr(copyLast(seen).unsqueeze(0), future.slice(0, 0, 1)));
    return {name + quality,
            {tensorAnimation("frames seen", FrameRole::Input, seen),
             tensorFrame("next frame", FrameRole::Target, future[0]),
             tensorFrame("predicted", FrameRole::Prediction, next),
             tensorFrame("flow goes on", FrameRole::Baseline, flowGoesOn(seen)),
             tensorAnimation("true future", FrameRole::Other, future),
             tensorAnimation("fed back", FrameRole::Other, rolledOut(frames, predictor()))}};
  }

  Settings settings_;
  torch::Device device_;
  Random random_;
  FrameSequences sequences_;
  int seen_;
  Network net_;
  std::unique_ptr<FusedAdam> optimizer_;
  std::vector<torch::Tensor> learned_, heldOut_;
  std::map<std::string, std::vector<double>> trivialCurves_;
  int64_t steps_ = 0;
  BatchesAhead<torch::Tensor> batches_;
};

std::vector<ScoreKind> nextFrameScores(bool sanity) {
  std::vector<ScoreKind> scores{
      {"validation/psnr", "PSNR of the next frame, unseen sequences", "dB", false},
      {"roll-out/psnr after 4 frames", "PSNR of the fourth frame fed back", "dB", false},
      {"roll-out/psnr after 8 frames", "PSNR of the eighth frame fed back", "dB", false}};
  if (sanity)
    scores.insert(scores.begin(),
                  {"training/psnr", "PSNR of the next frame, learned sequences", "dB", false});
  return scores;
}

ExperimentKind nextFrame(bool sanity) {
  return {
      sanity ? "next-frame-sanity" : "next-frame-general",
      sanity ? "Next frame: sanity" : "Next frame",
      sanity ? "Can it learn a few sequences by heart?"
             : "Can a network foresee the next frame of something new?",
      sanity ? kSanityStory : kGeneralStory,
      sanity ? "Eye of Newt, phase 4: planned, never done." : "Eye of Newt, phase 5: planned, never done.",
      schema(sanity),
      sanity ? 400 : 3000,
      nextFrameScores(sanity),
      [sanity](const Settings& settings, const ExperimentContext& context) {
        return std::make_unique<NextFrame>(settings, context, sanity);
      }};
}

}  // namespace

ExperimentKind nextFrameSanity() { return nextFrame(true); }
ExperimentKind nextFrameGeneral() { return nextFrame(false); }

}  // namespace fw
