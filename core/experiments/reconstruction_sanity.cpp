#include "core/experiments/reconstruction_sanity.h"

#include <numeric>

#include "core/base/error.h"
#include "core/data/sample_pictures.h"
#include "core/image/metrics.h"
#include "core/image/sizes.h"
#include "core/image/views.h"
#include "core/learn/experiment.h"
#include "core/learn/fused_adam.h"
#include "core/nn/dense_autoencoder.h"
#include "core/nn/tensor_image.h"

namespace fw {
namespace {

constexpr const char* kStory =
    "Before a network is asked anything hard it should do something easy: here, give back the few pictures "
    "it is "
    "shown. Each picture passes through a bottleneck of ten numbers, made by one dense layer and unfolded "
    "again by "
    "another. If the loss does not fall to almost nothing within seconds, something is broken: the data, the "
    "loss or "
    "the learning rate, and it is far better to learn that here than after a night of training.\n\n"
    "Watch the difference column turn white. All pictures first become their common average, then each one "
    "comes "
    "apart from it. The rows marked held out show the same pictures shifted and made noisy, which the "
    "network never "
    "trains on. It answers them with the picture it knows, in the old place: it has learnt by heart and "
    "understood "
    "nothing. That is what the gap between the two PSNR numbers says.\n\n"
    "Try next: a bottleneck of 2, or of 1, and see which picture suffers; a learning rate of 0.1, and see a "
    "run that "
    "stops by itself; more pictures of your own than the bottleneck has numbers.";

constexpr int kMostPictures = 64;
constexpr double kNoise = 0.05;         // of the range, on the held-out variants
constexpr double kShift = 0.03;         // of the width, likewise
constexpr double kHighestPsnr = 100.0;  // equal pictures would be infinite

Schema schema() {
  auto pictures = pathListParameter("pictures", "Pictures",
                                    "Your own pictures; none: three that we drew. They are cut to the "
                                    "size below around their middle.");
  auto width = integerParameter("width", "Width", "Of the pictures. The original's were 512 by 352.", 256, 16,
                                1024, "pixels");
  auto height = integerParameter("height", "Height", "Of the pictures.", 176, 16, 1024, "pixels");
  auto bottleneck =
      integerParameter("bottleneck", "Bottleneck", "Numbers each picture is squeezed into.", 10, 1, 1024);
  auto rate = realParameter("learning_rate", "Learning rate", "Of Adam.", 1e-3, 1e-7, 1);
  rate.logarithmic = true;
  auto batch =
      integerParameter("batch", "Batch",
                       "Pictures in one step; they are repeated in a shuffled order to fill it. The original "
                       "took 64, which teaches the same and costs more.",
                       3, 1, 256);
  batch.advanced = true;
  return Schema({pictures, width, height, bottleneck, rate, batch});
}

std::vector<cv::Mat> picturesFor(const Settings& settings) {
  const cv::Size size(static_cast<int>(settings.integer("width")),
                      static_cast<int>(settings.integer("height")));
  const auto& files = settings.paths("pictures");
  if (files.empty()) return samplePictures(size.width, size.height);
  if (files.size() > kMostPictures)
    throw Error("These are too many pictures", std::to_string(files.size()),
                "This experiment learns a few pictures by heart; choose at most " +
                    std::to_string(kMostPictures) + ".");
  std::vector<cv::Mat> pictures;
  for (const auto& file : files) pictures.push_back(cutToFit(readImage(file), size));
  return pictures;
}

cv::Mat shifted(const cv::Mat& picture) {
  const int by = std::max(1, static_cast<int>(std::lround(kShift * picture.cols)));
  cv::Mat wide;
  cv::copyMakeBorder(picture, wide, by, 0, by, 0, cv::BORDER_REFLECT_101);
  return wide(cv::Rect({0, 0}, picture.size())).clone();
}

cv::Mat noisy(const cv::Mat& picture, Random& random) {
  cv::Mat result;
  picture.convertTo(result, CV_32F, 1.0 / 255);
  for (auto value = result.begin<cv::Vec3f>(); value != result.end<cv::Vec3f>(); ++value)
    for (int channel = 0; channel < 3; ++channel)
      (*value)[channel] += static_cast<float>(kNoise * random.normal());
  result.convertTo(result, CV_8U, 255);
  return result;
}

class ReconstructionSanity : public Experiment {
 public:
  ReconstructionSanity(const Settings& settings, const ExperimentContext& context)
      : random_(context.seed), pictures_(picturesFor(settings)), batchSize_(settings.integer("batch")) {
    Random variantNoise(context.seed + 1);
    for (const auto& picture : pictures_) {
      variants_.push_back(shifted(picture));
      noisyVariants_.push_back(noisy(variants_.back(), variantNoise));
    }
    const torch::Device device(context.device);
    data_ = toBatch(pictures_).to(device);
    net_ = DenseAutoencoder(data_.size(1), data_.size(2), data_.size(3), settings.integer("bottleneck"));
    net_->to(device);
    optimizer_ = std::make_unique<FusedAdam>(
        net_->parameters(), torch::optim::AdamOptions(settings.real("learning_rate")).eps(kKerasEpsilon));
  }

  Scalars step() override {
    const auto batch = drawBatch();
    const auto output = net_->forward(batch);
    const auto loss = torch::huber_loss(output, batch);  // δ = 1, as Keras: ½ of the squared error here
    optimizer_->zero_grad();
    loss.backward();
    optimizer_->step();
    return {{"loss", loss.item<double>()}, {"mae", (output - batch).detach().abs().mean().item<double>()}};
  }

  Scores evaluate() override {
    const auto known = reconstructed(pictures_), unknown = reconstructed(noisyVariants_);
    Scores scores = compared("reconstruction/", known, pictures_, "");
    scores.merge(compared("validation/", unknown, variants_, ""));
    const auto truth = toBatch(variants_).to(data_.device());
    scores["validation/loss"] =
        torch::huber_loss(net_->forward(toBatch(noisyVariants_).to(data_.device())), truth).item<double>();
    return scores;
  }

  Scores baselines() override {
    const std::vector<cv::Mat> mean(pictures_.size(), toImage(data_.mean(0)));
    Scores scores = compared("reconstruction/", mean, pictures_, " (mean picture)");
    scores.merge(compared("validation/", mean, variants_, " (mean picture)"));
    return scores;
  }

  Gallery gallery() override {
    Gallery rows;
    const auto known = reconstructed(pictures_), unknown = reconstructed(noisyVariants_);
    const cv::Mat mean = toImage(data_.mean(0));
    for (std::size_t i = 0; i < pictures_.size(); ++i)
      rows.push_back({"picture " + std::to_string(i + 1),
                      {{"input, to be given back", FrameRole::Target, pictures_[i]},
                       {"network", FrameRole::Prediction, known[i]},
                       {"mean picture", FrameRole::Baseline, mean}}});
    for (std::size_t i = 0; i < pictures_.size(); ++i)
      rows.push_back({"held out: picture " + std::to_string(i + 1) + ", shifted and noisy",
                      {{"input", FrameRole::Input, noisyVariants_[i]},
                       {"without the noise", FrameRole::Target, variants_[i]},
                       {"network", FrameRole::Prediction, unknown[i]},
                       {"mean picture", FrameRole::Baseline, mean}}});
    addDifferences(rows);
    return rows;
  }

  LearningState state() override { return {{{"autoencoder", net_.ptr()}}, {optimizer_.get()}, &random_}; }
  torch::Tensor exampleInput() override { return data_.slice(0, 0, 1); }
  torch::Tensor exampleOutput() override { return net_->forward(exampleInput()); }

 private:
  static constexpr double kKerasEpsilon = 1e-7;

  /// The pictures again and again, each time in a new order.
  torch::Tensor drawBatch() {
    std::vector<int64_t> order(pictures_.size());
    std::iota(order.begin(), order.end(), int64_t{0});
    std::vector<int64_t> chosen;
    while (static_cast<int64_t>(chosen.size()) < batchSize_) {
      random_.shuffle(order);
      chosen.insert(chosen.end(), order.begin(), order.end());
    }
    chosen.resize(static_cast<std::size_t>(batchSize_));
    return data_.index_select(0, torch::tensor(chosen, torch::kLong).to(data_.device()));
  }

  std::vector<cv::Mat> reconstructed(const std::vector<cv::Mat>& inputs) {
    const torch::NoGradGuard noGradients;
    const auto outputs = net_->forward(toBatch(inputs).to(data_.device()));
    std::vector<cv::Mat> images;
    for (int64_t i = 0; i < outputs.size(0); ++i) images.push_back(toImage(outputs[i]));
    return images;
  }

  static Scores compared(const std::string& prefix, const std::vector<cv::Mat>& outputs,
                         const std::vector<cv::Mat>& truths, const std::string& suffix) {
    double ratio = 0, similarity = 0, error = 0;
    const auto count = static_cast<double>(truths.size());
    for (std::size_t i = 0; i < truths.size(); ++i) {
      ratio += std::min(kHighestPsnr, psnr(outputs[i], truths[i])) / count;
      similarity += ssim(outputs[i], truths[i]) / count;
      error += meanAbsoluteError(outputs[i], truths[i]) / count;
    }
    return {{prefix + "psnr" + suffix, ratio},
            {prefix + "ssim" + suffix, similarity},
            {prefix + "mae" + suffix, error}};
  }

  Random random_;
  std::vector<cv::Mat> pictures_, variants_, noisyVariants_;
  torch::Tensor data_;  ///< [pictures, 3, H, W]
  int64_t batchSize_;
  DenseAutoencoder net_{nullptr};
  std::unique_ptr<FusedAdam> optimizer_;
};

}  // namespace

ExperimentKind reconstructionSanity() {
  return {"reconstruction-sanity",
          "Reconstruction sanity",
          "Can two dense layers give back the three pictures they are shown?",
          kStory,
          "Eye of Newt, phase 1: about 2 minutes to a loss of almost 0, with 11,354,122 weights",
          schema(),
          500,
          {{"reconstruction/psnr", "PSNR on the pictures to be learnt", "dB", false},
           {"reconstruction/ssim", "SSIM on the pictures to be learnt", "", false},
           {"reconstruction/mae", "Mean absolute error on the pictures to be learnt", "", true},
           {"validation/psnr", "PSNR on shifted, noisy variants (held out)", "dB", false},
           {"validation/ssim", "SSIM on shifted, noisy variants (held out)", "", false},
           {"validation/mae", "Mean absolute error on shifted, noisy variants (held out)", "", true},
           {"validation/loss", "Loss on shifted, noisy variants (held out)", "", true}},
          [](const Settings& settings, const ExperimentContext& context) {
            return std::make_unique<ReconstructionSanity>(settings, context);
          }};
}

}  // namespace fw
