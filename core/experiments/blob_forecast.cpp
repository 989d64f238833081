#include "core/experiments/blob_forecast.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/base/error.h"
#include "core/data/blob_dataset.h"
#include "core/experiments/learning_steps.h"
#include "core/learn/experiment.h"
#include "core/learn/fused_adam.h"
#include "core/nn/unet.h"
#include "core/nn/warp.h"

namespace fw {
namespace {

constexpr const char* kStory =
    "The wish its author never came to: tell the final map of events from early, limited information. The "
    "last frames are hidden, and "
    "of the first ones the network sees only the events, scattered by the dice; the blob behind them it must "
    "imagine, its way, its "
    "width and its strength, and the rest of the journey.\n\n"
    "Three simple forecasts are drawn beside it. \"Nothing more happens\" counts only what was seen. \"It "
    "stays where it is\" spreads "
    "the last frames over the rest. \"It goes on\" measures how the centre of the events moved, lays all "
    "frames over one another along "
    "that line and pushes them on: with many events it is hard to beat, with few its line is thrown off by "
    "the dice, and at the edge of "
    "the picture it takes half a blob for a whole one. The noise floor is what even a prophet who knows the "
    "blob would miss.\n\n"
    "The network is shown that line, too, and learns what to change about it. Watch the grain of the line's "
    "forecast smooth out into a "
    "trail, and the blobs at the edge come right. Try next: hide more frames, or show the blob itself in "
    "place of its events: then the "
    "straight line is nearly the truth, and a network has nothing left to add.";

Schema schema() {
  auto hidden = integerParameter("hidden_frames", "Hidden frames",
                                 "How many of the thirty frames are hidden, at the end.", 15, 1, 27);
  auto sees = choiceParameter("sees", "What is seen", "Of the frames that are not hidden.", "events",
                              {{"events", "The events"}, {"blob", "The blob itself"}});
  auto side = choiceParameter("size", "Resolution", "The same world, sampled more coarsely.", "64",
                              {{"128", "128 × 128"}, {"64", "64 × 64"}, {"32", "32 × 32"}});
  auto width = integerParameter("width", "Network width", "Channels of the U-Net at full size.", 16, 4, 64);
  auto batch = integerParameter("batch", "Batch", "Videos in one step.", 8, 1, 64);
  auto rate = realParameter("learning_rate", "Learning rate", "Of Adam.", 1e-3, 1e-6, 0.1);
  rate.logarithmic = true;
  auto mirror = boolParameter(
      "mirror", "Mirror and turn",
      "Shows each video in all eight ways a square can be laid: the world has no preferred direction.", true);
  auto every = integerParameter("thin_out", "Take every n-th video",
                                "A smaller world for a quick look; 1 takes all thousand.", 1, 1, 50);
  for (auto* p : {&width, &batch, &every}) p->advanced = true;
  return Schema({hidden, sees, side, rate, mirror, width, batch, every});
}

/// Where the blob is in each frame and how much of it is seen: [T] each, in pixels.
struct Track {
  torch::Tensor x, y, mass;
};

Track track(const torch::Tensor& frames) {
  const auto side = frames.size(1);
  const auto place = torch::arange(side, torch::kFloat);
  const auto mass = frames.sum({1, 2}).clamp_min(1e-6);
  return {(frames.sum(1) * place).sum(1) / mass, (frames.sum(2) * place).sum(1) / mass, mass};
}

/// Slope of a straight line through `values` over the frames, each frame counting by how much of the blob it
/// shows.
double slope(const torch::Tensor& values, const torch::Tensor& weight) {
  const auto t = torch::arange(values.size(0), torch::kFloat);
  const auto w = weight / weight.sum();
  const auto meanT = (w * t).sum(), meanV = (w * values).sum();
  const auto spread = (w * (t - meanT).square()).sum().clamp_min(1e-6);
  return ((w * (t - meanT) * (values - meanV)).sum() / spread).item<double>();
}

/// Frames [K, S, S], each moved by its own number of (vx, vy), empty where nothing is known.
torch::Tensor moved(const torch::Tensor& frames, double vx, double vy, const torch::Tensor& times) {
  const auto side = frames.size(1);
  const auto wide = torch::constant_pad_nd(frames, {2, 2, 2, 2}).unsqueeze(1);
  const auto flow =
      torch::stack({-vx * times, -vy * times}, 1).view({-1, 2, 1, 1}).expand({-1, 2, side + 4, side + 4});
  return warp(wide, flow).squeeze(1).slice(1, 2, 2 + side).slice(2, 2, 2 + side);
}

/// What was seen, then the mean of all seen frames, laid over one another along a straight line and pushed on
/// along it. [T, S, S] to [S, S].
torch::Tensor goesOn(const torch::Tensor& seen, int64_t hidden) {
  const auto path = track(seen);
  const double vx = slope(path.x, path.mass), vy = slope(path.y, path.mass);
  const auto ahead = torch::arange(seen.size(0) - 1, -1, -1, torch::kFloat);  // frames until the last one
  const auto blob = moved(seen, vx, vy, ahead).mean(0, true);                 // as it is in the last frame
  const auto rest = moved(blob.expand({hidden, -1, -1}), vx, vy, torch::arange(1, hidden + 1, torch::kFloat));
  return seen.sum(0) + rest.sum(0);
}

torch::Tensor smoothed(const torch::Tensor& x, double deviation) {
  const auto half = static_cast<int64_t>(std::ceil(2.5 * deviation));
  const auto place = torch::arange(-half, half + 1, x.options());
  auto row = torch::exp(-0.5 * (place / deviation).square());
  row = row / row.sum();
  const auto wide = torch::replication_pad2d(x, {half, half, half, half});
  return torch::conv2d(torch::conv2d(wide, row.view({1, 1, 1, -1})), row.view({1, 1, -1, 1}));
}

class BlobForecast : public Experiment {
 public:
  BlobForecast(const Settings& settings, const ExperimentContext& context)
      : settings_(settings),
        device_(context.device),
        random_(context.seed),
        data_(std::stoll(settings.text("size")), settings.integer("thin_out")),
        hidden_(settings.integer("hidden_frames")),
        seen_(kBlobFrames - hidden_),
        batches_(context.seed, [this](Random& random) { return drawn(random); }) {
    torch::manual_seed(context.seed);
    const int64_t w = settings.integer("width");
    std::vector<int64_t> widths{w, 2 * w, 4 * w, 4 * w};
    if (data_.side() >= 64)
      widths.push_back(4 * w);  // a blob may cross the whole picture in the hidden frames
    net_ = UNet(UNetOptions{seen_ + kGuesses, kGuesses + 1, widths, false});
    torch::NoGradGuard noGrad;
    net_->last->weight.zero_();  // begin with the mean of all guesses
    net_->last->bias.zero_();
    place(*net_, device_);
    optimizer_ = std::make_unique<FusedAdam>(net_->parameters(),
                                             torch::optim::AdamOptions(settings.real("learning_rate")));
  }

  Scalars step() override {
    const auto batch = batches_.of(steps_++);
    const auto prediction = forecast(batch.seen.to(device_), batch.guesses.to(device_));
    const auto loss = torch::mse_loss(prediction, batch.truth.to(device_));
    const double value = descend(*optimizer_, loss);
    return {{"loss", value / (kCountScale * kCountScale)}, {kSecondsWaiting, batches_.waited()}};
  }

  Scores evaluate() override {
    Evaluating evaluating(*net_);
    double squared = 0, missed = 0;
    eachPart([&](std::span<const int64_t> videos) {
      const auto truth = data_.totals(videos);
      const auto counts = forecast(seenOf(videos).to(device_)).cpu();
      squared += (counts - truth).square().mean().item<double>() * static_cast<double>(videos.size());
      missed += (counts.flatten(1).sum(1) - truth.flatten(1).sum(1)).abs().sum().item<double>();
    });
    const auto videos = static_cast<double>(data_.heldOut().size());
    return {{"validation/mse", squared / videos / (kCountScale * kCountScale)},
            {"validation/events missed or invented per video", missed / videos}};
  }

  Scores baselines() override {
    double nothing = 0, stays = 0, on = 0, floor = 0;
    eachPart([&](std::span<const int64_t> videos) {
      const auto truth = data_.totals(videos), frames = seenOf(videos);
      const auto sum = frames.sum(1, true);
      const auto part = static_cast<double>(videos.size());
      const auto error = [&](const torch::Tensor& guess) {
        return (guess - truth).square().mean().item<double>() * part;
      };
      nothing += error(sum);
      const auto last = frames.slice(1, std::max<int64_t>(0, seen_ - 3), seen_).mean(1, true);
      stays += error(sum + static_cast<double>(hidden_) * last);
      on += error(pushed(frames));
      floor += error(sum + data_.expectedRest(videos, seen_));
    });
    const double unit = static_cast<double>(data_.heldOut().size()) * kCountScale * kCountScale;
    return {{"validation/mse (nothing more happens)", nothing / unit},
            {"validation/mse (it stays where it is)", stays / unit},
            {"validation/mse (it goes on)", on / unit},
            {"validation/mse (noise floor)", floor / unit}};
  }

  Gallery gallery() override {
    constexpr double kMost = static_cast<double>(kBlobFrames);
    constexpr std::size_t kShown = 12;
    Evaluating evaluating(*net_);
    Gallery rows;
    for (const int64_t video : data_.heldOut().first(std::min(kShown, data_.heldOut().size()))) {
      const std::vector<int64_t> one{video};
      const auto frames = data_.frames(one), truth = data_.totals(one);
      const auto seen = seenOf(one);
      const auto counts = forecast(seen.to(device_)).cpu();
      rows.push_back({data_.describe(video),
                      {tensorAnimation("what is seen", FrameRole::Input, seen[0].unsqueeze(1)),
                       tensorAnimation("the whole journey", FrameRole::Other, frames[0].unsqueeze(1)),
                       tensorFrame("events in the end", FrameRole::Target, truth[0], 0, kMost),
                       tensorFrame("forecast", FrameRole::Prediction, counts[0], 0, kMost),
                       tensorFrame("it goes on", FrameRole::Baseline, pushed(seen)[0], 0, kMost)}});
    }
    return rows;
  }

  LearningState state() override {
    return {{{"network", net_.ptr()}}, {optimizer_.get()}, &random_, {}, {&steps_}};
  }

  torch::Tensor exampleInput() override {
    const auto seen = seenOf(data_.heldOut().first(1)).to(device_);
    return torch::cat({seen, 0.2 * guessesOf(seen)}, 1);
  }
  torch::Tensor exampleOutput() override { return net_->forward(exampleInput()); }

 private:
  bool seesEvents() const { return settings_.text("sees") == "events"; }

  /// Held-out videos always have the same events.
  torch::Tensor seenOf(std::span<const int64_t> videos) const {
    if (!seesEvents()) return data_.frames(videos).slice(1, 0, seen_);
    std::vector<torch::Tensor> events;
    for (const auto video : videos) events.push_back(data_.newEvents(video).slice(0, 0, seen_));
    return torch::stack(events);
  }

  static constexpr int64_t kGuesses = 4;

  /// What was seen is known. Of the rest the straight line makes a grainy guess: for every pixel the network
  /// chooses how much of it to smooth, and adds what the line does not know.
  torch::Tensor forecast(const torch::Tensor& seen) { return forecast(seen, guessesOf(seen)); }

  torch::Tensor forecast(const torch::Tensor& seen, const torch::Tensor& guesses) {
    const auto sum = seen.sum(1, true);
    const auto said = net_->forward(torch::cat({seen, 0.2 * guesses}, 1));
    const auto chosen = (said.slice(1, 0, kGuesses).softmax(1) * guesses).sum(1, true);
    return sum + chosen + said.slice(1, kGuesses);
  }

  /// How many events the straight line adds, as it is and smoothed more and more.
  torch::Tensor guessesOf(const torch::Tensor& seen) const {
    const auto rest = (pushed(seen.cpu()) - seen.cpu().sum(1, true)).to(seen.device());
    return torch::cat({rest, smoothed(rest, 1.0), smoothed(rest, 2.0), smoothed(rest, 4.0)}, 1);
  }

  torch::Tensor pushed(const torch::Tensor& seen) const {
    std::vector<torch::Tensor> maps;
    for (int64_t i = 0; i < seen.size(0); ++i) maps.push_back(goesOn(seen[i], hidden_).unsqueeze(0));
    return torch::stack(maps);
  }

  struct Batch {
    torch::Tensor seen, guesses, truth;
  };

  Batch drawn(Random& random) const {
    torch::NoGradGuard noGrad;
    std::vector<int64_t> videos;
    for (int64_t i = 0; i < settings_.integer("batch"); ++i)
      videos.push_back(
          data_.training()[static_cast<std::size_t>(random.integer(0, std::ssize(data_.training()) - 1))]);
    std::vector<torch::Tensor> events;
    for (const auto video : videos)
      events.push_back(data_.newEvents(video, random.bits()));  // other dice every time
    const auto whole = torch::stack(events);
    auto truth = whole.sum(1, true);
    auto seen = seesEvents() ? whole.slice(1, 0, seen_) : data_.frames(videos).slice(1, 0, seen_);
    if (settings_.flag("mirror")) lay(seen, truth, random);
    return {seen, guessesOf(seen), truth};
  }

  static void lay(torch::Tensor& seen, torch::Tensor& truth, Random& random) {
    const int64_t turns = random.integer(0, 3);
    const bool flip = random.chance(0.5);
    for (auto* each : {&seen, &truth}) {
      *each = torch::rot90(*each, turns, {2, 3});
      if (flip) *each = each->flip({3});
      *each = each->contiguous();
    }
  }

  void eachPart(const std::function<void(std::span<const int64_t>)>& part) const {
    constexpr std::size_t kAtOnce = 16;
    const auto all = data_.heldOut();
    for (std::size_t from = 0; from < all.size(); from += kAtOnce)
      part(all.subspan(from, std::min(kAtOnce, all.size() - from)));
  }

  Settings settings_;
  torch::Device device_;
  Random random_;
  BlobDataset data_;
  int64_t hidden_, seen_;
  UNet net_{nullptr};
  std::unique_ptr<FusedAdam> optimizer_;
  int64_t steps_ = 0;
  BatchesAhead<Batch> batches_;
};

}  // namespace

ExperimentKind blobForecast() {
  return {"blob-forecast",
          "Forecasting events",
          "Can the end be told from the beginning?",
          kStory,
          "Wished for, never done: all thirty frames were always given.",
          schema(),
          2000,
          {{"validation/mse", "Squared error on held-out videos (events / 255)", "", true},
           {"validation/events missed or invented per video", "Error of the total", "events", true}},
          [](const Settings& settings, const ExperimentContext& context) {
            return std::make_unique<BlobForecast>(settings, context);
          }};
}

}  // namespace fw
