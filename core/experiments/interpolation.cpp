#include "core/experiments/interpolation.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <span>
#include <sstream>

#include "core/base/error.h"
#include "core/data/frame_windows.h"
#include "core/data/layered_motion.h"
#include "core/image/metrics.h"
#include "core/image/views.h"
#include "core/learn/experiment.h"
#include "core/learn/losses.h"
#include "core/nn/swift_render.h"
#include "core/nn/tensor_image.h"
#include "core/nn/warp.h"

namespace fw {
namespace {

constexpr const char* kStory =
    "Two frames go in, the frame between them comes out. Classical optical flow already says roughly where "
    "things "
    "went; the network learns to correct it, to choose for every pixel which of the two moved frames to "
    "believe (what "
    "was hidden in one is often visible in the other), and to add a little where neither is right.\n\n"
    "Watch the validation PSNR leave the line of classical flow behind, first by the choice (hundreds of "
    "steps), then "
    "by better motion (tens of thousands). The gallery shows the same held-out frames at every snapshot: "
    "look at the "
    "outlines of moving things.\n\n"
    "Try next: your own clips as training pictures; only photographs set in motion (share 1) to see what "
    "made-up motion "
    "cannot teach; another loss: census and perceptual look sharper and measure lower.";

Schema schema() {
  auto data =
      pathListParameter("data", "Training pictures",
                        "Folders of frames, videos or photographs. Empty: pictures invented on the spot.");
  auto heldOut =
      textParameter("held_out", "Held-out sequences",
                    "Names of sequences never trained on, separated by commas. Empty: every fifth.");
  auto share =
      realParameter("photo_share", "Share of photographs in motion",
                    "How many samples are photographs set in motion rather than real frames.", 0.3, 0.0, 1.0);
  auto crop =
      integerParameter("crop", "Crop", "Side of the square that is trained on.", 192, 64, 512, "pixels");
  auto batch = integerParameter("batch", "Batch", "Samples in one step.", 4, 1, 64);
  auto rate = realParameter("learning_rate", "Learning rate", "Of AdamW.", 4e-4, 1e-7, 1e-2);
  rate.logarithmic = true;
  auto decay = integerParameter("decay_steps", "Decay steps",
                                "The rate falls as a cosine to a hundredth at this step; 0: it stays.", 0, 0,
                                100'000'000);
  auto loss = choiceParameter("loss", "Loss", "What counts as close to the true frame.", "charbonnier",
                              {{"l1", "L1"},
                               {"charbonnier", "Charbonnier"},
                               {"laplacian", "Laplacian pyramid"},
                               {"census", "Census"},
                               {"perceptual", "Perceptual (edge filters)"}});
  auto extra =
      choiceParameter("second_loss", "Second loss", "Added to the first with its own weight.", "none",
                      {{"none", "None"},
                       {"laplacian", "Laplacian pyramid"},
                       {"census", "Census"},
                       {"perceptual", "Perceptual (edge filters)"}});
  auto weight = realParameter("second_weight", "Weight of the second loss",
                              "How much the second loss counts.", 0.1, 0.0, 10.0);
  weight.mattersWhen = {
      {"second_loss",
       {Value(std::string("laplacian")), Value(std::string("census")), Value(std::string("perceptual"))}}};
  auto distil =
      realParameter("flow_teacher", "Flow teacher",
                    "Weight of a teacher: classical flow from the true middle frame, where it fits better.",
                    0.01, 0.0, 1.0);
  auto precision = choiceParameter("precision", "Precision", "Number type of the convolutions.", "float32",
                                   {{"float32", "32 bit"}, {"bfloat16", "16 bit (bfloat16)"}});
  for (auto* p : {&share, &decay, &extra, &weight, &distil, &precision}) p->advanced = true;
  return Schema({data, heldOut, share, crop, batch, rate, decay, loss, extra, weight, distil, precision});
}

struct Prepared {
  SwiftInput input;
  torch::Tensor middle, teacher;  // [1,3,H,W], [1,4,H/2,W/2]
};

/// Flow from the true middle to both sides, at half size: what a flow method can know that sees the answer.
torch::Tensor teacherFlow(const BetweenSample& sample) {
  const auto half = [](const cv::Mat& image) {
    cv::Mat out;
    cv::resize(image, out, cv::Size(image.cols / 2, image.rows / 2), 0, 0, cv::INTER_AREA);
    return out;
  };
  const cv::Mat middle = half(sample.middle);
  std::vector<torch::Tensor> flows;
  for (const auto& side : {sample.first, sample.second}) {
    cv::Mat flow = disFlow(middle, half(side)) * 2.0;
    flows.push_back(torch::from_blob(flow.data, {flow.rows, flow.cols, 2}).permute({2, 0, 1}).clone());
  }
  return torch::cat(flows).unsqueeze(0);
}

Prepared prepare(const BetweenSample& sample) {
  const auto prior = motionAt(pairFlow(sample.first, sample.second), sample.time);
  return {swiftInput(sample.first, sample.second, prior, sample.time), toTensor(sample.middle).unsqueeze(0),
          teacherFlow(sample)};
}

class Interpolation : public Experiment {
 public:
  Interpolation(const Settings& settings, const ExperimentContext& context)
      : settings_(settings), device_(context.device), random_(context.seed) {
    torch::manual_seed(context.seed);
    net_ = SwiftNet();
    net_->to(device_);
    optimizer_ = std::make_unique<torch::optim::AdamW>(
        net_->parameters(), torch::optim::AdamWOptions(settings.real("learning_rate")).weight_decay(1e-4));
    loadPictures();
  }

  Scalars step() override {
    decayRate();
    // The seeds are drawn here, one after another, so a run sees the same samples however many threads there
    // are.
    std::vector<uint64_t> seeds(static_cast<std::size_t>(settings_.integer("batch")));
    for (auto& seed : seeds) seed = random_.bits();
    // Now and then without the residual: choosing and moving must not lean on it.
    const bool withResidual = random_.chance(0.7);
    optimizer_->zero_grad();
    const auto told = shared(seeds, [&](SwiftNet& net, std::span<const uint64_t> share) {
      return learn(net, share, withResidual);
    });
    const double gradient = torch::nn::utils::clip_grad_norm_(net_->parameters(), 1.0);
    optimizer_->step();
    return {{"loss", told.loss},
            {"loss/picture", told.picture},
            {"psnr", -10.0 * std::log10(std::max(told.squaredError, 1e-10))},
            {"gradient", gradient}};
  }

  Scores evaluate() override {
    return scored("", [this](const BetweenSample& s) { return predicted(net_, s); });
  }

  Scores baselines() override {
    auto scores = scored(" (blend)", [](const BetweenSample& s) {
      cv::Mat out;
      cv::addWeighted(s.first, 1.0 - s.time, s.second, s.time, 0.0, out);
      return out;
    });
    SwiftNet untrained;  // changes nothing: classical flow as it is
    untrained->to(device_);
    scores.merge(scored(" (flow)", [&](const BetweenSample& s) { return predicted(untrained, s); }));
    return scores;
  }

  Gallery gallery() override {
    constexpr int kRows = 4;
    Gallery gallery;
    for (std::size_t i = 0; i < heldOut_.size() && gallery.size() < kRows;
         i += std::max<std::size_t>(1, heldOut_.size() / kRows)) {
      const auto& s = heldOut_[i];
      cv::Mat blended;
      cv::addWeighted(s.first, 1.0 - s.time, s.second, s.time, 0.0, blended);
      gallery.push_back({"held out " + std::to_string(i + 1),
                         {{"first", FrameRole::Input, s.first},
                          {"true middle", FrameRole::Target, s.middle},
                          {"prediction", FrameRole::Prediction, predicted(net_, s)},
                          {"plain blend", FrameRole::Baseline, blended}}});
    }
    addDifferences(gallery);
    return gallery;
  }

  LearningState state() override { return {{{"swift", net_.ptr()}}, {optimizer_.get()}, &random_}; }

  torch::Tensor exampleInput() override { return toTensor(heldOut_.front().first).unsqueeze(0); }

 private:
  void loadPictures() {
    const auto found = findPictures(settings_.paths("data"));
    std::vector<std::string> keepAside;
    std::istringstream names(settings_.text("held_out"));
    for (std::string name; std::getline(names, name, ',');) {
      name.erase(0, name.find_first_not_of(' '));
      name.erase(name.find_last_not_of(' ') + 1);
      if (!name.empty()) keepAside.push_back(name);
    }
    FrameWindows heldOut;
    int64_t index = 0;
    const auto isHeldOut = [&](const std::string& name) {
      ++index;
      return keepAside.empty() ? index % 5 == 0
                               : std::find(keepAside.begin(), keepAside.end(), name) != keepAside.end();
    };
    for (const auto& sequence : found.sequences)
      (isHeldOut(sequence.name) ? heldOut : windows_).addFrames(sequence.name, sequence.frames);
    constexpr int64_t kMostFrames = 400;
    for (const auto& video : found.videos)
      (isHeldOut(video.filename().string()) ? heldOut : windows_).addVideo(video, kMostFrames);
    for (const auto& photo : found.photos) photos_.push_back(readImage(photo));

    constexpr int kHeldOutFrames = 12;
    heldOut_ = heldOut.triplets(kHeldOutFrames);
    Random fixed(
        7);  // invented pictures and held-out motion are the same for every seed: runs can be compared
    const bool ownPhotos = !photos_.empty();
    if (!ownPhotos && (windows_.empty() || settings_.real("photo_share") > 0))
      for (int i = 0; i < 24; ++i) photos_.push_back(inventedPhoto(384, fixed));
    if (heldOut_.empty()) {
      // No real sequence to spare: photographs that are then never used in training.
      const auto spared = std::max<std::size_t>(1, photos_.size() / 8);
      if (photos_.size() < 2)
        throw Error("Nothing to validate on", "held_out", "Give at least two sequences or photographs.");
      const std::vector<cv::Mat> aside(photos_.end() - static_cast<std::ptrdiff_t>(spared), photos_.end());
      photos_.resize(photos_.size() - spared);
      for (int i = 0; i < kHeldOutFrames; ++i) heldOut_.push_back(layeredMotion(aside, 192, fixed));
    }
  }

  BetweenSample sample(Random& random) const {
    const int side = static_cast<int>(settings_.integer("crop")) / kSwiftGrid * kSwiftGrid;
    BetweenSample sample;
    const bool moved = windows_.empty() || (!photos_.empty() && random.chance(settings_.real("photo_share")));
    if (!moved)
      if (auto real = windows_.crop(side, random)) sample = *real;
    if (sample.first.empty()) {
      if (photos_.empty())
        throw Error("No motion found in the training pictures", "data",
                    "Give clips in which something moves.");
      sample = layeredMotion(photos_, side, random);
    }
    augment(sample, random);
    return sample;
  }

  struct Told {
    double loss = 0, picture = 0, squaredError = 0;
  };

  /// Every core takes its part of the batch through its own copy of the network, from picture to gradient,
  /// and they meet once a step: sharing each small convolution instead makes cores wait for each other at
  /// every layer (and is several times slower when other programs run too). The copies share the weights'
  /// memory, not the gradients.
  template <class Work>
  Told shared(std::span<const uint64_t> seeds, const Work& work) {
    const auto workers =
        device_.is_cpu() ? std::min<int64_t>(torch::get_num_threads(), std::ssize(seeds)) : 1;
    while (std::ssize(copies_) < workers - 1) copies_.emplace_back(SwiftNet());
    const auto whole = net_->parameters();
    for (auto& copy : copies_) {
      auto parts = copy->parameters();
      for (std::size_t i = 0; i < parts.size(); ++i) {
        parts[i].set_data(whole[i].detach());
        parts[i].mutable_grad() = torch::Tensor();
      }
    }
    std::vector<Told> tolds(static_cast<std::size_t>(workers));
    std::vector<std::exception_ptr> failures(tolds.size());
    at::parallel_for(0, workers, 1, [&](int64_t from, int64_t to) {
      for (int64_t w = from; w < to; ++w) try {
          const auto begin = std::ssize(seeds) * w / workers, end = std::ssize(seeds) * (w + 1) / workers;
          auto& net = w == 0 ? net_ : copies_[static_cast<std::size_t>(w - 1)];
          tolds[static_cast<std::size_t>(w)] = work(
              net, seeds.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
        } catch (...) {
          failures[static_cast<std::size_t>(w)] = std::current_exception();
        }
    });
    for (const auto& failure : failures)
      if (failure) std::rethrow_exception(failure);
    torch::NoGradGuard noGrad;
    for (auto& copy : copies_) {
      const auto parts = copy->parameters();
      for (std::size_t i = 0; i < parts.size(); ++i)
        if (parts[i].grad().defined()) whole[i].grad().add_(parts[i].grad());
    }
    Told sum;
    for (const auto& told : tolds) {
      sum.loss += told.loss;
      sum.picture += told.picture;
      sum.squaredError += told.squaredError;
    }
    return sum;
  }

  /// One thread's part of the batch: its samples, its gradient. Everything is weighted by its share.
  Told learn(SwiftNet& net, std::span<const uint64_t> seeds, bool withResidual) {
    const auto [input, middle, teacher] = batch(seeds);
    const double part = static_cast<double>(seeds.size()) / static_cast<double>(settings_.integer("batch"));
    net->train();
    const auto type = settings_.text("precision") == "bfloat16" ? torch::kBFloat16 : torch::kFloat32;
    const auto output = net->forward(input, type);
    const auto prediction = synthesise(input, output, withResidual);
    auto loss = pictureLoss(settings_.text("loss"), prediction, middle);
    if (settings_.text("second_loss") != "none")
      loss = loss +
             settings_.real("second_weight") * pictureLoss(settings_.text("second_loss"), prediction, middle);
    const auto picture = loss.item<double>();
    if (const double weight = settings_.real("flow_teacher"); weight > 0)
      loss = loss + weight * teaching(input, output, middle, teacher);
    (loss * part).backward();
    torch::NoGradGuard noGrad;
    const double error = (prediction.detach().clamp(0, 1) - middle).square().mean().item<double>();
    return {part * loss.item<double>(), part * picture, part * error};
  }

  Prepared batch(std::span<const uint64_t> seeds) const {
    std::vector<Prepared> items;
    for (const auto seed : seeds) {
      Random random(seed);
      items.push_back(prepare(sample(random)));
    }
    const auto together = [&](auto&& part) {
      std::vector<torch::Tensor> parts;
      for (auto& item : items) parts.push_back(part(item));
      return torch::cat(parts).to(device_);
    };
    return {{together([](Prepared& p) { return p.input.first; }),
             together([](Prepared& p) { return p.input.second; }),
             together([](Prepared& p) { return p.input.flow; }),
             together([](Prepared& p) { return p.input.reach; }),
             together([](Prepared& p) { return p.input.time; })},
            together([](Prepared& p) { return p.middle; }),
            together([](Prepared& p) { return p.teacher; })};
  }

  /// Pulls both stages' flow towards the teacher where that explains the picture better (RIFE's privileged
  /// distillation, with classical flow for a teacher).
  torch::Tensor teaching(const SwiftInput& in, const SwiftOutput& out, const torch::Tensor& middle,
                         const torch::Tensor& teacher) const {
    const auto first = torch::avg_pool2d(in.first, 2), second = torch::avg_pool2d(in.second, 2);
    const auto truth = torch::avg_pool2d(middle, 2);
    const auto both = torch::cat({first, second}), truths = torch::cat({truth, truth});
    const auto split = [](const torch::Tensor& flow) {
      return torch::cat({flow.slice(1, 0, 2), flow.slice(1, 2, 4)});
    };
    const auto better = [&] {
      torch::NoGradGuard noGrad;
      const auto error = [&](const torch::Tensor& flow) {
        return (warp(both, split(flow) * 0.5) - truths).abs().mean(1, true);
      };
      return (error(out.flow.detach()) > error(teacher) + 0.01).to(torch::kFloat32);
    }();
    const auto distance = [&](const torch::Tensor& flow) {
      const auto difference = split(flow) - split(teacher);
      return (torch::sqrt(difference.square().sum(1, true) + 1e-4).clamp_max(30.0) * better).mean();
    };
    return distance(out.coarseFlow) + distance(out.flow);
  }

  void decayRate() {
    const auto decay = settings_.integer("decay_steps");
    if (decay == 0) return;
    const auto& states = optimizer_->state();
    const auto done =
        states.empty() ? 0 : static_cast<torch::optim::AdamWParamState&>(*states.begin()->second).step();
    const double warm = std::min(1.0, static_cast<double>(done + 1) / 200.0);
    const double progress = std::min(1.0, static_cast<double>(done) / static_cast<double>(decay));
    const double factor = 0.01 + 0.99 * 0.5 * (1.0 + std::cos(M_PI * progress));
    for (auto& group : optimizer_->param_groups())
      group.options().set_lr(settings_.real("learning_rate") * warm * factor);
  }

  cv::Mat predicted(SwiftNet& net, const BetweenSample& sample) const {
    net->eval();
    SwiftOptions options;
    options.threads = torch::get_num_threads();
    return SwiftPair(sample.first, sample.second, options).at(net, sample.time).image;
  }

  template <class Predict>
  Scores scored(const std::string& suffix, const Predict& predict) {
    double ratio = 0, similarity = 0;
    for (const auto& sample : heldOut_) {
      const cv::Mat image = predict(sample);
      ratio += std::min(100.0, psnr(image, sample.middle));
      similarity += ssim(image, sample.middle);
    }
    const auto count = static_cast<double>(heldOut_.size());
    return {{"validation/psnr" + suffix, ratio / count}, {"validation/ssim" + suffix, similarity / count}};
  }

  Settings settings_;
  torch::Device device_;
  Random random_;
  SwiftNet net_{nullptr};
  std::vector<SwiftNet> copies_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  FrameWindows windows_;
  std::vector<cv::Mat> photos_;
  std::vector<BetweenSample> heldOut_;
};

}  // namespace

ExperimentKind interpolation() {
  return {"interpolation",
          "The frame between",
          "Can a small network beat classical optical flow at making the frame between two frames?",
          kStory,
          "RIFE (ECCV 2022): 35.62 dB on Vimeo90K, 35.28 dB on UCF101, with 10 million parameters",
          schema(),
          20'000,
          {{"validation/psnr", "PSNR on held-out frames", "dB", false},
           {"validation/ssim", "SSIM on held-out frames", "", false}},
          [](const Settings& settings, const ExperimentContext& context) {
            return std::make_unique<Interpolation>(settings, context);
          }};
}

}  // namespace fw
