#include "core/experiments/blob_events.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/data/blob_dataset.h"
#include "core/experiments/classifier_pictures.h"
#include "core/experiments/learning_steps.h"
#include "core/learn/experiment.h"
#include "core/learn/fused_adam.h"
#include "core/nn/video_resnet.h"

namespace fw {
namespace {

constexpr const char* kStory =
    "A blob drifts through the picture; in every frame each pixel has an event with the blob's probability "
    "there (the "
    "original thought of a hurricane and the claims it causes). From the thirty frames of the blob the "
    "network is to say how "
    "many events each pixel has counted in the end.\n\n"
    "The expected count is simply the sum of the frames, so a sum over time is already nearly perfect, and "
    "what is left is the "
    "dice: the noise floor, which no network can pass. Both are drawn into the plot. The original's "
    "networks, A1 to A5 in the "
    "order of its story, have up to 40 million weights and never came near. Ours is a sum over time whose "
    "weights it must "
    "learn, with a small correction.\n\n"
    "A2 is the original's \"Whoops\": without normalisation the activations explode, the very last rectifier "
    "falls to 0 for "
    "every pixel, no gradient passes it, and all that is ever shown is softplus(0) = ln 2 / 10 = 0.0693. The "
    "diagnosis says so "
    "when it has happened. A5's five maps are summed, not averaged, when they are made smaller, so that the "
    "coarsest outweighs "
    "the finest 55,000 times; choose the normalised loss to give each an equal say.\n\n"
    "Watch the totals, true against predicted, and play the blob and its events side by side. Try next: A3, "
    "then A4, at half the "
    "resolution when there is no graphics card: they take seconds for a step.";

Schema schema() {
  auto net = choiceParameter("network", "Network",
                             "Ours, or one of the original's by its place in the story.", "sum",
                             {{"sum", "Ours: a learned sum over time"},
                              {"A1", "A1: deconvolution, 32.5 million weights"},
                              {"A2", "A2: skips without normalisation, the \"Whoops\""},
                              {"A3", "A3: small, with batch normalisation"},
                              {"A4", "A4: small, two resolutions"},
                              {"A5", "A5: skips with normalisation, five resolutions"}});
  auto side = choiceParameter(
      "size", "Resolution", "The same world, sampled more coarsely: for a quick look at large networks.",
      "128", {{"128", "128 × 128, as in the original"}, {"64", "64 × 64"}, {"32", "32 × 32"}});
  auto levels = choiceParameter("levels", "Resolutions in the loss",
                                "How the coarse maps of A4 and A5 count.", "normalised",
                                {{"normalised", "Normalised: each level counts alike"},
                                 {"original", "As in the original: the coarsest rules"}});
  levels.mattersWhen = {{"network", {Value(std::string("A4")), Value(std::string("A5"))}}};
  auto batch = integerParameter("batch", "Batch",
                                "Videos in one step. The original took 4, and 1 for A3 to A5.", 4, 1, 64);
  auto rate =
      realParameter("learning_rate", "Learning rate", "Of Adam. The original: 0.001.", 3e-3, 1e-6, 0.1);
  rate.logarithmic = true;
  auto first = integerParameter("training_videos", "Training videos",
                                "Only the first so many; A2 had about 80.", 777, 1, 777);
  auto scored = integerParameter(
      "scored_videos", "Videos scored",
      "How many of the 223 held-out videos each evaluation takes. 0: all for ours, 16 for A1 to A5.", 0, 0,
      223);
  auto every = integerParameter("thin_out", "Take every n-th video",
                                "A smaller world for a quick look; 1 takes all thousand.", 1, 1, 50);
  for (auto* p : {&batch, &first, &scored, &every}) p->advanced = true;
  return Schema({net, side, rate, levels, batch, first, scored, every});
}

/// Pictures [C, H, W] as one, row by row.
torch::Tensor sideBySide(std::vector<torch::Tensor> pictures, int64_t columns) {
  std::vector<torch::Tensor> rows;
  while (std::ssize(pictures) % columns != 0) pictures.push_back(torch::zeros_like(pictures.front()));
  for (auto first = pictures.begin(); first != pictures.end(); first += columns)
    rows.push_back(torch::cat(std::vector<torch::Tensor>(first, first + columns), 2));
  return torch::cat(rows, 1);
}

/// Events of 2×2 pixels added up, so that no event is lost (the original's sum pooling).
torch::Tensor halved(const torch::Tensor& counts) { return 4.0 * torch::avg_pool2d(counts, 2); }

struct Videos {
  torch::Tensor frames;  ///< [N, 30, side, side]
  torch::Tensor totals;  ///< events counted, [N, 1, side, side]
};

class BlobEvents : public Experiment {
 public:
  BlobEvents(const Settings& settings, const ExperimentContext& context)
      : settings_(settings),
        device_(context.device),
        random_(context.seed),
        data_(std::stoll(settings.text("size")), settings.integer("thin_out")),
        batches_(context.seed,
                 [this, count = settings.integer("batch")](Random& random) { return drawn(count, random); }) {
    torch::manual_seed(context.seed);
    if (ours()) {
      sum_ = EventMapNet(kBlobFrames);
      place(*sum_, device_);
    } else {
      resnet_ = VideoResNet(videoResNetOptions(settings.text("network"), kBlobFrames));
      place(*resnet_, device_);
    }
    optimizer_ = std::make_unique<FusedAdam>(net().parameters(),
                                             torch::optim::AdamOptions(settings.real("learning_rate")));
    const auto first = std::min<std::size_t>(data_.training().size(),
                                             static_cast<std::size_t>(settings.integer("training_videos")));
    training_ = data_.training().first(first);
    auto scored = static_cast<std::size_t>(settings.integer("scored_videos"));
    if (scored == 0) scored = ours() ? data_.heldOut().size() : 16;
    scored_ = data_.heldOut().first(std::min(scored, data_.heldOut().size()));
  }

  Scalars step() override {
    const auto batch = batches_.of(steps_++);
    const auto maps = predict(batch.frames);
    auto truth = batch.totals / kCountScale;
    const auto finest = torch::mse_loss(maps.map, truth);
    Scalars scalars{{"loss/full size", finest.item<double>()}};
    // Ours is scaled to events so that its gradients are of ordinary size; what is shown stays in the
    // original's unit.
    auto loss = ours() ? finest * (kCountScale * kCountScale / 100.0) : finest;
    const bool original = settings_.text("levels") == "original";
    double share = 1.0;
    for (const auto& coarse : maps.coarse) {
      truth = halved(truth);
      share /= 16.0;  // a sum over four times the pixels squares to sixteen times the error
      const auto level = torch::mse_loss(coarse, truth);
      scalars["loss/" + std::to_string(coarse.size(2)) + "×" + std::to_string(coarse.size(2)) +
              ", normalised"] = level.item<double>() * share;
      loss = loss + (original ? 1.0 : share) * level;
    }
    loss = loss / static_cast<double>(maps.coarse.size() + 1);
    scalars["loss"] = ours() ? finest.item<double>() : loss.item<double>();
    descend(*optimizer_, loss);
    scalars[kSecondsWaiting] = batches_.waited();
    return scalars;
  }

  Scores evaluate() override {
    Evaluating evaluating(net());
    double squared = 0, predicted = 0, counted = 0, missed = 0, silent = 0;
    eachPart([&](std::span<const int64_t> videos) {
      const auto maps = predict(data_.frames(videos).to(device_));
      const auto counts = (maps.map * kCountScale).to(torch::kCPU, torch::kDouble);
      const auto truth = data_.totals(videos).to(torch::kDouble);
      squared += (counts - truth).square().mean().item<double>() * static_cast<double>(videos.size());
      predicted += counts.sum().item<double>();
      counted += truth.sum().item<double>();
      missed += (counts.flatten(1).sum(1) - truth.flatten(1).sum(1)).abs().sum().item<double>();
      if (maps.beforeLast.defined())
        silent += (maps.beforeLast <= 0).to(torch::kDouble).mean().item<double>() *
                  static_cast<double>(videos.size());
    });
    const auto videos = static_cast<double>(scored_.size());
    Scores scores{{"validation/mse", squared / videos / (kCountScale * kCountScale)},
                  {"validation/total predicted", 100.0 * predicted / counted},
                  {"validation/events missed or invented per video", missed / videos}};
    if (!ours()) scores["validation/silent pixels"] = 100.0 * silent / videos;
    return scores;
  }

  Scores baselines() override {
    double zero = 0, sum = 0, floor = 0;
    eachPart([&](std::span<const int64_t> videos) {
      const auto truth = data_.totals(videos).to(torch::kDouble);
      const auto part = static_cast<double>(videos.size());
      zero += truth.square().mean().item<double>() * part;
      sum += (data_.frames(videos).sum(1, true).to(torch::kDouble) - truth).square().mean().item<double>() *
             part;
      floor +=
          (data_.expectedTotals(videos).to(torch::kDouble) - truth).square().mean().item<double>() * part;
    });
    const double unit = static_cast<double>(scored_.size()) * kCountScale * kCountScale;
    return {{"validation/mse (predict zero)", zero / unit},
            {"validation/mse (sum over time)", sum / unit},
            {"validation/mse (noise floor)", floor / unit}};
  }

  Gallery gallery() override {
    constexpr double kMost = static_cast<double>(kBlobFrames);  // an event in every frame
    constexpr std::size_t kShown = 12;
    Evaluating evaluating(net());
    Gallery rows;
    std::vector<torch::Tensor> truths, predictions;
    std::vector<std::pair<double, double>> points;
    for (const int64_t video : data_.heldOut().first(std::min(kShown, data_.heldOut().size()))) {
      const std::vector<int64_t> one{video};
      const auto frames = data_.frames(one);
      const auto counts = kCountScale * predict(frames.to(device_)).map[0].cpu();
      const auto truth = data_.totals(one)[0];
      char totals[80];
      std::snprintf(totals, sizeof totals, "; %.0f events, %.0f predicted", truth.sum().item<double>(),
                    counts.sum().item<double>());
      rows.push_back(
          {data_.describe(video) + totals,
           {tensorAnimation("blob", FrameRole::Input, frames[0].unsqueeze(1)),
            tensorAnimation("events so far", FrameRole::Other, data_.events(video).unsqueeze(1), 0, kMost),
            tensorFrame("events in the end", FrameRole::Target, truth, 0, kMost),
            tensorFrame("predicted", FrameRole::Prediction, counts, 0, kMost),
            tensorFrame("sum over time", FrameRole::Baseline, frames.sum(1), 0, kMost)}});
      truths.push_back(truth);
      predictions.push_back(counts);
      points.emplace_back(truth.sum().item<double>(), counts.sum().item<double>());
    }
    constexpr int64_t kColumns = 4;  // as the original laid them out
    rows.push_back(
        {"all of these at once",
         {tensorFrame("events in the end", FrameRole::Target, sideBySide(truths, kColumns), 0, kMost),
          tensorFrame("predicted", FrameRole::Prediction, sideBySide(predictions, kColumns), 0, kMost),
          pointsPicture("events of each video", points, "counted", "predicted")}});
    return rows;
  }

  void change(const std::string& parameter, const Value& value) override { settings_.set(parameter, value); }

  LearningState state() override {
    std::shared_ptr<torch::nn::Module> module;
    if (ours())
      module = sum_.ptr();
    else
      module = resnet_.ptr();
    return {{{"network", module}}, {optimizer_.get()}, &random_, {}, {&steps_}};
  }

  torch::Tensor exampleInput() override {
    const auto frames = data_.frames(scored_.first(1)).to(device_);
    return ours() ? frames : frames.unsqueeze(1);
  }
  torch::Tensor exampleOutput() override {
    return ours() ? sum_->forward(exampleInput()) : resnet_->forward(exampleInput());
  }

  std::string diagnosis() override {
    if (ours()) return {};
    Evaluating evaluating(net());
    const auto before = resnet_->maps(exampleInput()).beforeLast;
    if (before.max().item<double>() > 0) return {};
    if (resnet_->options.last == VideoResNetOptions::Last::Softplus && before.min().item<double>() == 0)
      return "The last rectifier outputs 0 for every pixel, so no gradient passes it and nothing can be "
             "learned any more. What is "
             "shown is softplus(0) = ln 2 / 10 = 0.0693 everywhere. Normalisation before the rectifier cures "
             "it (A5), or a "
             "smaller learning rate.";
    if (resnet_->options.last == VideoResNetOptions::Last::Relu)
      return "The last rectifier outputs 0 for every pixel, so no gradient passes it and nothing can be "
             "learned any more. Start "
             "again with a smaller learning rate.";
    return {};
  }

 private:
  bool ours() const { return settings_.text("network") == "sum"; }
  torch::nn::Module& net() {
    if (ours()) return *sum_;
    return *resnet_;
  }

  /// In the original's unit, events / 255.
  VideoMaps predict(const torch::Tensor& frames) {
    if (ours()) return {sum_->forward(frames) / kCountScale, {}, {}};
    return resnet_->maps(frames.unsqueeze(1));
  }

  Videos drawn(int64_t count, Random& random) const {
    std::vector<int64_t> videos;
    for (int64_t i = 0; i < count; ++i)
      videos.push_back(training_[static_cast<std::size_t>(random.integer(0, std::ssize(training_) - 1))]);
    return {data_.frames(videos).to(device_), data_.totals(videos).to(device_)};
  }

  void eachPart(const std::function<void(std::span<const int64_t>)>& part) const {
    const std::size_t atOnce = ours() ? 8 : 4;
    for (std::size_t from = 0; from < scored_.size(); from += atOnce)
      part(scored_.subspan(from, std::min(atOnce, scored_.size() - from)));
  }

  Settings settings_;
  torch::Device device_;
  Random random_;
  BlobDataset data_;
  EventMapNet sum_{nullptr};
  VideoResNet resnet_{nullptr};
  std::unique_ptr<FusedAdam> optimizer_;
  std::span<const int64_t> training_, scored_;
  int64_t steps_ = 0;
  BatchesAhead<Videos> batches_;
};

}  // namespace

ExperimentKind blobEvents() {
  return {"blob-events",
          "Blob and events",
          "Can a network learn to add up what thirty frames show?",
          kStory,
          "Test MSE 1.65e-5 with 40,597,859 weights (A5); A2 ended constant: \"Whoops\".",
          schema(),
          1000,
          {{"validation/mse", "Squared error on held-out videos (events / 255)", "", true},
           {"validation/total predicted", "Events predicted, of those counted", "%", false},
           {"validation/events missed or invented per video", "Error of the total", "events", true},
           {"validation/silent pixels", "Pixels where the last rectifier outputs 0", "%", true}},
          [](const Settings& settings, const ExperimentContext& context) {
            return std::make_unique<BlobEvents>(settings, context);
          },
          {"levels"}};
}

}  // namespace fw
