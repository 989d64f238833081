#include "core/experiments/interpolation.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>
#include <optional>
#include <span>
#include <thread>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/experiments/interpolation_learner.h"
#include "core/experiments/interpolation_pictures.h"
#include "core/experiments/sample_reuse.h"
#include "core/image/metrics.h"
#include "core/learn/checkpoint.h"
#include "core/learn/experiment.h"

namespace fw {
namespace {

constexpr const char* kStory =
    "Two frames go in, the frame between them comes out; those around them may be seen too. Classical "
    "optical flow gives guesses: each frame, moved as the first or as the second one says, along a way that "
    "bends as it did before and will; or moved as it goes on by itself; or simply both faded. "
    "The network swift learns from real clips with frames hidden which guess to believe at every pixel. RIFE "
    "learns the motion itself, from nothing.\n\n"
    "Watch swift leave the line of classical flow behind within some hundred steps, while RIFE needs tens of "
    "thousands to reach "
    "it. The gallery shows the same held-out frames at every snapshot: look at the outlines of moving "
    "things.\n\n"
    "Try next: your own clips as training pictures; only photographs set in motion (share 1) to see what "
    "made-up motion cannot "
    "teach; another loss: census and perceptual look sharper and measure lower.";

constexpr const char* kBundled = "models/swift.safetensors";

Schema schema() {
  auto data =
      pathListParameter("data", "Training pictures",
                        "Folders of frames, videos or photographs. Empty: pictures invented on the spot.");
  auto heldOut =
      textParameter("held_out", "Held-out sequences",
                    "Names of sequences never trained on, separated by commas. Empty: every fifth.");
  auto parts = boolParameter("parts_held_out", "Learn one clip",
                             "Holds back single frames instead of whole sequences, and shows the others as "
                             "they are, whole and unchanged: for training on one clip.",
                             false);
  auto quality =
      choiceParameter("clip_quality", "Motion in the clip", "Which quality of swift the clip is learned for.",
                      "balanced", {{"fast", "Fast"}, {"balanced", "Balanced"}, {"best", "Best"}});
  auto from = realParameter("clip_from", "From", "Where the part that is learned begins.", 0, 0, 1e6),
       to = realParameter("clip_to", "To", "Where the part that is learned ends; 0: where the clip does.", 0,
                          0, 1e6);
  from.unit = to.unit = "s";
  for (auto* p : {&quality, &from, &to}) p->mattersWhen = {{"parts_held_out", {Value(true)}}};
  auto network =
      choiceParameter("network", "Network",
                      "Swift is small and starts from classical flow; RIFE (ECCV 2022) starts from nothing.",
                      "swift", {{"swift", "Swift"}, {"rife", "RIFE (ECCV 2022)"}});
  auto start = choiceParameter(
      "start", "Start from", "Where training begins.", "fresh",
      {{"fresh", "Fresh weights"}, {"bundled", "The bundled weights"}, {"file", "A weights file"}});
  start.mattersWhen = {{"network", {Value(std::string("swift"))}}};
  auto weights = pathParameter("weights", "Weights file", "A safetensors file of a run of this experiment.");
  weights.mattersWhen = {{"start", {Value(std::string("file"))}}};
  auto share =
      realParameter("photo_share", "Share of photographs in motion",
                    "How many samples are photographs set in motion rather than real frames.", 0.3, 0.0, 1.0);
  auto alone = realParameter("alone_share", "Share of pairs alone",
                             "How many samples are seen without the frames around them: shots begin and end. "
                             "Swift has a part of its own for them.",
                             0.25, 0.0, 1.0);
  share.mattersWhen = {{"parts_held_out", {Value(false)}}};
  alone.mattersWhen = {{"network", {Value(std::string("swift"))}}, {"parts_held_out", {Value(false)}}};
  auto crop =
      integerParameter("crop", "Crop",
                       "Side of the square that is trained on; for swift, at the size motion is looked "
                       "for in.",
                       192, 64, 512, "pixels");
  auto batch = integerParameter("batch", "Batch", "Samples in one step.", 4, 1, 64);
  auto reuse = integerParameter("reuse", "Uses of a sample",
                                "How often a prepared sample is learned from. Preparing is half of the work: "
                                "more uses are faster steps that vary less.",
                                1, 1, 64);
  auto rate = realParameter("learning_rate", "Learning rate", "Of AdamW.", 4e-4, 1e-7, 1e-2);
  rate.logarithmic = true;
  auto decay = integerParameter("decay_steps", "Decay steps",
                                "The rate falls as a cosine to a fiftieth at this step; 0: it stays.", 0, 0,
                                100'000'000);
  auto loss = choiceParameter("loss", "Loss", "What counts as close to the true frame.", "charbonnier",
                              {{"l1", "L1"},
                               {"psnr", "PSNR"},
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
  auto teacher = realParameter("flow_teacher", "Flow teacher",
                               "How much RIFE's students learn from a teacher that sees the true middle.",
                               0.01, 0.0, 1.0);
  teacher.mattersWhen = {{"network", {Value(std::string("rife"))}}};
  auto precision = choiceParameter("precision", "Precision", "Number type of swift's convolutions.",
                                   "float32", {{"float32", "32 bit"}, {"bfloat16", "16 bit (bfloat16)"}});
  for (auto* p :
       {&reuse, &parts, &quality, &from, &to, &share, &alone, &decay, &extra, &weight, &teacher, &precision})
    p->advanced = true;
  return Schema({data, heldOut, parts, quality, from,  to,   network, start,  weights, share,    alone,
                 crop, batch,   reuse, rate,    decay, loss, extra,   weight, teacher, precision});
}

InterpolationPictures::Choice pictureChoice(const Settings& settings) {
  constexpr int64_t kGrid = 32;  // of the coarser of the two networks
  const bool swift = settings.text("network") != "rife";
  const auto crop = std::max<int64_t>(64, settings.integer("crop") / kGrid * kGrid);
  return {.paths = settings.paths("data"),
          .heldOut = settings.text("held_out"),
          .oneClip = settings.flag("parts_held_out") ? settings.text("clip_quality") : "",
          .from = settings.real("clip_from"),
          .to = settings.real("clip_to"),
          .photoShare = settings.matters("photo_share") ? settings.real("photo_share") : 0,
          .aloneShare = settings.real("alone_share"),
          .crop = static_cast<int>(crop),
          .swift = swift};
}

InterpolationLesson lessonOf(const Settings& settings, const std::string& device) {
  InterpolationLesson lesson;
  lesson.loss = settings.text("loss");
  lesson.secondLoss = settings.text("second_loss");
  lesson.secondWeight = settings.real("second_weight");
  lesson.teacherWeight = settings.real("flow_teacher");
  lesson.type = settings.text("precision") == "bfloat16" ? torch::kBFloat16 : torch::kFloat32;
  lesson.device = torch::Device(device);
  return lesson;
}

cv::Mat blended(const BetweenSample& sample) {
  cv::Mat out;
  cv::addWeighted(sample.first, 1.0 - sample.time, sample.second, sample.time, 0.0, out);
  return out;
}

class Interpolation : public Experiment {
 public:
  Interpolation(const Settings& settings, const ExperimentContext& context)
      : settings_(settings),
        lesson_(lessonOf(settings, context.device)),
        random_(context.seed),
        pictures_(pictureChoice(settings)),
        reuse_(settings.integer("reuse")) {
    torch::manual_seed(context.seed);
    learners_.push_back(interpolationLearner(settings.text("network")));
    const auto module = learners_.front()->module();
    if (settings.matters("start") && settings.text("start") != "fresh") loadStart(*module);
    module->to(lesson_.device);
    optimizer_ = std::make_unique<torch::optim::AdamW>(
        module->parameters(), torch::optim::AdamWOptions(settings.real("learning_rate")).weight_decay(1e-4));
  }

  Scalars step() override {
    decayRate();
    // Seeds are drawn here, one after another: a run sees the same samples however many threads there are.
    const auto seeds = reuse_.seeds(settings_.integer("batch"), random_);
    const auto parameters = learners_.front()->module()->parameters();
    for (const auto& parameter : parameters)  // of every part, also of what these samples have no use for
      parameter.mutable_grad() = torch::zeros_like(parameter);
    const auto news = learn(seeds);
    const double gradient = torch::nn::utils::clip_grad_norm_(parameters, 1.0);
    optimizer_->step();
    Scalars told{{"loss", news.loss},
                 {"loss/picture", news.picture},
                 {"psnr", -10.0 * std::log10(std::max(news.squaredError, 1e-10))},
                 {"gradient", gradient}};
    if (news.classicalError > 0)  // dB over classical flow on the same samples
      told["gain"] = 10.0 * std::log10(news.classicalError / std::max(news.squaredError, 1e-10));
    return told;
  }

  Scores evaluate() override {
    return scored("", [this](const BetweenSample& s) { return learners_.front()->predict(s); });
  }

  Scores baselines() override {
    auto scores = scored(" (blend)", blended);
    const auto untrained = interpolationLearner("swift");  // changes nothing: classical flow as it is
    scores.merge(scored(" (classical flow)", [&](const BetweenSample& s) { return untrained->predict(s); }));
    return scores;
  }

  Gallery gallery() override {
    constexpr std::size_t kRows = 4;
    Gallery gallery;
    const auto& samples = pictures_.heldOut();
    for (std::size_t k = 0; k < std::min(kRows, samples.size()); ++k) {
      const std::size_t i = k * samples.size() / std::min(kRows, samples.size());
      const auto& s = samples[i];
      gallery.push_back({"held out " + std::to_string(i + 1),
                         {{"first", FrameRole::Input, s.first},
                          {"true middle", FrameRole::Target, s.middle},
                          {"prediction", FrameRole::Prediction, learners_.front()->predict(s)},
                          {"plain blend", FrameRole::Baseline, blended(s)}}});
    }
    addDifferences(gallery);
    return gallery;
  }

  LearningState state() override {
    return {{{settings_.text("network"), learners_.front()->module()}},
            {optimizer_.get()},
            &random_,
            {reuse_.recentSeeds()},
            {reuse_.drawn()}};
  }

  torch::Tensor exampleInput() override { return learners_.front()->input(pictures_.heldOut().front()); }
  torch::Tensor exampleOutput() override { return learners_.front()->output(exampleInput()); }

 private:
  void loadStart(torch::nn::Module& module) {
    const bool bundled = settings_.text("start") == "bundled";
    const std::filesystem::path file =
        bundled ? resource(kBundled) : std::filesystem::path(settings_.text("weights"));
    if (file.empty())
      throw Error("No weights file was chosen to start from", "weights", "Choose one, or start fresh.");
    auto weights = readSafetensors(file).tensors;
    const std::shared_ptr<torch::nn::Module> borrowed(&module, [](torch::nn::Module*) {});
    loadWeights({{settings_.text("network"), borrowed}}, weights, file.string());
  }

  /// Every core takes its part of the batch through its own copy of the network, from picture to gradient,
  /// and they meet once a step: sharing each small convolution instead makes cores wait for each other at
  /// every layer (three times slower while other programs run too). The copies share the weights' memory, not
  /// the gradients.
  InterpolationNews learn(std::span<const uint64_t> seeds) {
    const auto workers =
        lesson_.device.is_cpu()
            ? std::min<std::size_t>(static_cast<std::size_t>(torch::get_num_threads()), seeds.size())
            : 1;
    while (learners_.size() < workers) learners_.push_back(learners_.front()->twin());
    const auto weights = learners_.front()->module()->parameters();
    for (std::size_t w = 1; w < workers; ++w) {
      auto copies = learners_[w]->module()->parameters();
      for (std::size_t i = 0; i < copies.size(); ++i) {
        copies[i].set_data(weights[i].detach());
        copies[i].mutable_grad() = torch::Tensor();
      }
    }
    std::vector<InterpolationNews> news(workers);
    std::vector<std::exception_ptr> failures(workers);
    const auto part = [&](std::size_t w) {
      try {
        const auto begin = seeds.size() * w / workers, end = seeds.size() * (w + 1) / workers;
        std::vector<std::shared_ptr<const InterpolationSample>> samples;
        for (const auto seed : seeds.subspan(begin, end - begin))
          samples.push_back(
              reuse_.sample(seed, [&](uint64_t of) { return learners_[w]->prepared(pictures_.sample(of)); }));
        news[w] = learners_[w]->learn(
            samples, static_cast<double>(samples.size()) / static_cast<double>(seeds.size()), lesson_);
      } catch (...) {
        failures[w] = std::current_exception();
      }
    };
    if (workers == 1) {
      part(0);
    } else {
      const int threads = torch::get_num_threads();
      std::vector<std::jthread> cores;
      for (std::size_t w = 0; w < workers; ++w)
        cores.emplace_back([&part, w] {
          torch::set_num_threads(1);  // of this thread
          part(w);
        });
      cores.clear();
      torch::set_num_threads(threads);
    }
    for (const auto& failure : failures)
      if (failure) std::rethrow_exception(failure);

    torch::NoGradGuard noGrad;
    InterpolationNews sum;
    for (std::size_t w = 0; w < workers; ++w) {
      sum += news[w];
      if (w == 0) continue;
      const auto copies = learners_[w]->module()->parameters();
      for (std::size_t i = 0; i < copies.size(); ++i)
        if (copies[i].grad().defined()) weights[i].grad().add_(copies[i].grad());
    }
    return sum;
  }

  double rateFactor(int64_t done) const {
    constexpr double kWarmUp = 150.0, kLast = 0.02;
    const double progress =
        std::min(1.0, static_cast<double>(done) / static_cast<double>(settings_.integer("decay_steps")));
    return std::min(1.0, static_cast<double>(done + 1) / kWarmUp) *
           (kLast + (1.0 - kLast) * 0.5 * (1.0 + std::cos(std::numbers::pi * progress)));
  }

  /// A rate the person sets while it runs becomes the new height of the curve, also of one that is resumed.
  void decayRate() {
    if (settings_.integer("decay_steps") == 0) return;
    const auto& states = optimizer_->state();
    const auto done = states.empty()
                          ? int64_t{0}
                          : static_cast<torch::optim::AdamWParamState&>(*states.begin()->second).step();
    auto& options = optimizer_->param_groups().front().options();
    const double usual = settings_.real("learning_rate");
    const bool resumed = !rateSet_ && done > 0;
    if (resumed) rateSet_ = usual * rateFactor(done - 1);
    if (rateSet_ && options.get_lr() != *rateSet_)
      height_ = options.get_lr() / rateFactor(resumed ? done - 1 : done);
    rateSet_ = height_.value_or(usual) * rateFactor(done);
    options.set_lr(*rateSet_);
  }

  template <class Predict>
  Scores scored(const std::string& suffix, const Predict& predict) {
    double ratio = 0, similarity = 0;
    for (const auto& sample : pictures_.heldOut()) {
      constexpr double kEqual = 100.0;  // dB; equal pictures would be infinitely good
      const cv::Mat image = predict(sample);
      ratio += std::min(kEqual, psnr(image, sample.middle));
      similarity += ssim(image, sample.middle);
    }
    const auto count = static_cast<double>(pictures_.heldOut().size());
    return {{"validation/psnr" + suffix, ratio / count}, {"validation/ssim" + suffix, similarity / count}};
  }

  Settings settings_;
  InterpolationLesson lesson_;
  Random random_;
  InterpolationPictures pictures_;
  SampleReuse reuse_;
  std::vector<std::unique_ptr<InterpolationLearner>> learners_;  // the first is the one that is kept
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  std::optional<double> rateSet_, height_;
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
