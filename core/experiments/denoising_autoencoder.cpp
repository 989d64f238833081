#include "core/experiments/denoising_autoencoder.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/base/error.h"
#include "core/data/labelled_pictures.h"
#include "core/experiments/learning_steps.h"
#include "core/learn/experiment.h"
#include "core/learn/fused_adam.h"
#include "core/nn/denoising_autoencoders.h"

namespace fw {
namespace {

constexpr const char* kStory =
    "An autoencoder squeezes a picture into a few numbers and unfolds it again. There is no room for noise "
    "in them: shown noisy "
    "pictures and asked for the clean ones, it learns what digits look like and leaves out the rest.\n\n"
    "Two networks: a dense one with a million weights and 64 numbers in the middle, and a convolutional one "
    "with 37 thousand and "
    "144. Two noises: Gaussian, which touches every pixel a little, and salt and pepper, which replaces some "
    "entirely. Beside the "
    "score stand the noisy picture itself and simple smoothing.\n\n"
    "Watch blurred averages sharpen into digits. A part of the training pictures is kept for early stopping: "
    "when the loss there "
    "has not fallen for a few epochs, going on would only learn the training pictures by heart, and the run "
    "ends by itself. The "
    "score is on other pictures still.\n\n"
    "Try next: the dense network, and a noise in training that is not the one in the gallery.";

constexpr int64_t kSide = 28;

Schema schema() {
  auto net =
      choiceParameter("network", "Network", "What cleans the picture.", "conv",
                      {{"conv", "Convolutional, 36,881 weights"}, {"dense", "Dense, 1,149,520 weights"}});
  auto noise = choiceParameter(
      "noise", "Noise", "What is done to the pictures.", "gaussian",
      {{"gaussian", "Gaussian"}, {"salt-and-pepper", "Salt and pepper"}, {"both", "One or the other"}});
  auto deviation =
      realParameter("deviation", "Gaussian deviation",
                    "Of the range from black to white; 0.316 = √0.1 in the original.", 0.316, 0.0, 1.0);
  deviation.mattersWhen = {{"noise", {Value(std::string("gaussian")), Value(std::string("both"))}}};
  auto share =
      realParameter("share", "Salt and pepper", "Share of pixels that become black or white.", 0.2, 0.0, 0.9);
  share.mattersWhen = {{"noise", {Value(std::string("salt-and-pepper")), Value(std::string("both"))}}};
  auto data = choiceParameter(
      "data", "Pictures", "Made gray and 28 × 28.", "digits",
      {{"digits", "Digits drawn by us"}, {"shapes", "Shapes drawn by us"}, {"own", "Your own"}});
  auto folder =
      folderParameter("folder", "Folder",
                      "MNIST's IDX files, CIFAR-10's .bin files, or a folder of pictures for each class.");
  folder.mattersWhen = {{"data", {Value(std::string("own"))}}};
  auto rate =
      realParameter("learning_rate", "Learning rate", "Of Adam; 0.001 in the original.", 3e-3, 1e-6, 0.1);
  rate.logarithmic = true;
  auto batch = integerParameter("batch", "Batch", "Pictures in one step; 256 in the original.", 64, 1, 1024);
  auto patience = integerParameter(
      "patience", "Patience", "Epochs without a lower validation loss after which the run ends; 0: never.", 3,
      0, 100);
  auto training = integerParameter("training_pictures", "Drawn training pictures",
                                   "How many we draw to train on.", 6000, 100, 60000);
  training.mattersWhen = {{"data", {Value(std::string("digits")), Value(std::string("shapes"))}}};
  for (auto* p : {&batch, &training}) p->advanced = true;
  return Schema({net, noise, deviation, share, data, folder, rate, patience, batch, training});
}

LabelledData load(const Settings& settings) {
  constexpr int64_t kTest = 1000;
  const auto& data = settings.text("data");
  if (data == "digits") return drawnDigits(settings.integer("training_pictures"), kTest);
  if (data == "shapes") return drawnShapes(settings.integer("training_pictures"), kTest);
  if (settings.text("folder").empty())
    throw Error("There are no pictures to clean", "no folder",
                "Choose a folder of pictures, or digits drawn by us.");
  return readLabelled(settings.text("folder"), kSide);
}

/// Bytes, one channel, 28 × 28.
torch::Tensor grayOf(const torch::Tensor& pictures) {
  if (pictures.size(1) == 1 && pictures.size(2) == kSide && pictures.size(3) == kSide) return pictures;
  std::vector<torch::Tensor> parts;
  for (const auto& part : pictures.split(1000))
    parts.push_back(torch::adaptive_avg_pool2d(part.to(torch::kFloat).mean(1, true), {kSide, kSide})
                        .round()
                        .to(torch::kByte));
  return torch::cat(parts);
}

/// How long the validation loss has not fallen. A module, so that it is kept in checkpoints like everything
/// learned.
struct EarlyStoppingImpl : torch::nn::Module {
  EarlyStoppingImpl()
      : lowest(register_buffer("lowest", torch::full({}, 1e9, torch::kDouble))),
        epochsSince(register_buffer("epochs_since", torch::zeros({}, torch::kLong))),
        steps(register_buffer("steps", torch::zeros({}, torch::kLong))) {}
  void say(double loss) {
    const bool lower = loss < lowest.item<double>();
    if (lower) lowest.fill_(loss);
    epochsSince.fill_(lower ? 0 : epochsSince.item<int64_t>() + 1);
  }
  torch::Tensor lowest, epochsSince, steps;
};
TORCH_MODULE(EarlyStopping);

class DenoisingAutoencoder : public Experiment {
 public:
  DenoisingAutoencoder(const Settings& settings, const ExperimentContext& context)
      : settings_(settings),
        device_(context.device),
        random_(context.seed),
        batches_(context.seed, [this](Random& random) { return drawn(random); }) {
    const auto data = load(settings);
    const auto pictures = grayOf(data.training.pictures);
    const int64_t validation = std::clamp<int64_t>(pictures.size(0) / 12, 1, 5000);  // 5,000 of 60,000
    validation_ = pictures.slice(0, 0, validation);
    training_ = pictures.slice(0, validation);
    test_ = grayOf(data.test.pictures).slice(0, 0, 1000);
    torch::manual_seed(context.seed);
    net_ = settings.text("network") == "dense" ? network(DenoisingDense(), device_)
                                               : network(DenoisingConv(), device_);
    optimizer_ = std::make_unique<FusedAdam>(net_.module->parameters(),
                                             torch::optim::AdamOptions(settings.real("learning_rate")));
    Random chance(9);  // the same noise at every look, whatever the run's seed
    noisyTest_ = noisy(clean(test_), chance);
    noisyValidation_ = noisy(clean(validation_), chance);
  }

  Scalars step() override {
    const auto [input, truth] = batches_.of(stopping_->steps.item<int64_t>());
    Scalars scalars{{"loss", descend(*optimizer_, torch::mse_loss(net_.forward(input), truth))},
                    {kSecondsWaiting, batches_.waited()}};
    stopping_->steps += 1;
    if (stopping_->steps.item<int64_t>() % std::max<int64_t>(1, training_.size(0) / truth.size(0)) == 0) {
      Evaluating evaluating(*net_.module);
      const double loss = torch::mse_loss(net_.forward(noisyValidation_), clean(validation_)).item<double>();
      stopping_->say(loss);
      scalars["loss (validation, every epoch)"] = loss;
    }
    return scalars;
  }

  bool finished() override {
    const auto patience = settings_.integer("patience");
    return patience > 0 && stopping_->epochsSince.item<int64_t>() >= patience;
  }

  Scores evaluate() override {
    Evaluating evaluating(*net_.module);
    const auto truth = clean(test_), result = net_.forward(noisyTest_);
    return {{"validation/psnr", meanPsnr(result, truth)},
            {"validation/mse", torch::mse_loss(result, truth).item<double>()}};
  }

  Scores baselines() override {
    torch::NoGradGuard noGrad;
    const auto truth = clean(test_);
    const auto shown = noisyTest_.clamp(0, 1);
    const auto smooth = torch::avg_pool2d(shown, 3, 1, 1);
    return {{"validation/psnr (left noisy)", meanPsnr(shown, truth)},
            {"validation/psnr (mean of 3 × 3)", meanPsnr(smooth, truth)},
            {"validation/mse (left noisy)", torch::mse_loss(shown, truth).item<double>()},
            {"validation/mse (mean of 3 × 3)", torch::mse_loss(smooth, truth).item<double>()}};
  }

  Gallery gallery() override {
    Evaluating evaluating(*net_.module);
    const auto count = std::min<int64_t>(16, test_.size(0));
    const auto truth = clean(test_.slice(0, 0, count)), input = noisyTest_.slice(0, 0, count);
    const auto result = net_.forward(input), smooth = torch::avg_pool2d(input.clamp(0, 1), 3, 1, 1);
    Gallery rows;
    for (int64_t i = 0; i < count; ++i) {
      char loss[48];
      std::snprintf(loss, sizeof loss, ", squared error %.4f",
                    torch::mse_loss(result[i], truth[i]).item<double>());
      rows.push_back({"test picture " + std::to_string(i + 1) + loss,
                      {tensorFrame("original", FrameRole::Target, truth[i]),
                       tensorFrame("noisy", FrameRole::Input, input[i]),
                       tensorFrame("reconstruction", FrameRole::Prediction, result[i]),
                       tensorFrame("mean of 3 × 3", FrameRole::Baseline, smooth[i])}});
    }
    addDifferences(rows);
    return rows;
  }

  LearningState state() override {
    return {{{"network", net_.module}, {"early_stopping", stopping_.ptr()}}, {optimizer_.get()}, &random_};
  }
  torch::Tensor exampleInput() override { return noisyTest_.slice(0, 0, 1); }
  torch::Tensor exampleOutput() override { return net_.forward(exampleInput()); }

 private:
  struct Batch {
    torch::Tensor input, truth;
  };

  Batch drawn(Random& random) const {
    const auto count = std::min(settings_.integer("batch"), training_.size(0));
    const auto truth = clean(training_.index_select(0, drawIndices(random, training_.size(0), count)));
    return {noisy(truth, random), truth};
  }

  torch::Tensor clean(const torch::Tensor& bytes) const {
    return bytes.to(device_).to(torch::kFloat) / 255.0;
  }

  torch::Tensor noisy(const torch::Tensor& truth, Random& chance) const {
    const auto& kind = settings_.text("noise");
    const auto gaussian = [&] {
      return truth + settings_.real("deviation") * drawNormal(chance, truth.sizes(), device_);
    };
    const auto saltAndPepper = [&] {
      const auto dice = drawUniform(chance, truth.sizes(), device_);
      const double share = settings_.real("share");
      return torch::where(dice < share / 2, torch::zeros_like(truth),
                          torch::where(dice < share, torch::ones_like(truth), truth));
    };
    if (kind == "gaussian") return gaussian();
    if (kind == "salt-and-pepper") return saltAndPepper();
    const auto first = drawUniform(chance, {truth.size(0), 1, 1, 1}, device_) < 0.5;
    return torch::where(first, gaussian(), saltAndPepper());
  }

  Settings settings_;
  torch::Device device_;
  Random random_;
  torch::Tensor training_, validation_, test_;  // bytes [N, 1, 28, 28]
  torch::Tensor noisyTest_, noisyValidation_;
  Network net_;
  EarlyStopping stopping_;
  std::unique_ptr<FusedAdam> optimizer_;
  BatchesAhead<Batch> batches_;
};

}  // namespace

ExperimentKind denoisingAutoencoder() {
  return {"denoising-autoencoder",
          "Denoising autoencoder",
          "Can a narrow bottleneck tell a picture from its noise?",
          kStory,
          "Shown by eye on MNIST; rectified outputs could not reach the dark half of its range.",
          schema(),
          3000,
          {{"validation/psnr", "PSNR on test pictures", "dB", false},
           {"validation/mse", "Squared error on test pictures", "", true}},
          [](const Settings& settings, const ExperimentContext& context) {
            return std::make_unique<DenoisingAutoencoder>(settings, context);
          }};
}

}  // namespace fw
