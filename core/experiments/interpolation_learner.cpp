#include "core/experiments/interpolation_learner.h"

#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/learn/losses.h"
#include "core/nn/rife.h"
#include "core/nn/tensor_image.h"
#include "core/slowmo/flow_render.h"
#include "core/slowmo/swift_mix.h"

namespace fw {
namespace {

torch::Tensor together(std::span<const BetweenSample> samples, cv::Mat BetweenSample::*frame,
                       const torch::Device& device) {
  std::vector<cv::Mat> pictures;
  for (const auto& sample : samples) pictures.push_back(sample.*frame);
  return toBatch(pictures).to(device);
}

torch::Tensor pictureTerm(const InterpolationLesson& lesson, const torch::Tensor& prediction,
                          const torch::Tensor& middle) {
  auto loss = pictureLoss(lesson.loss, prediction, middle);
  if (lesson.secondLoss != "none")
    loss = loss + lesson.secondWeight * pictureLoss(lesson.secondLoss, prediction, middle);
  return loss;
}

InterpolationNews told(const torch::Tensor& loss, const torch::Tensor& picture,
                       const torch::Tensor& prediction, const torch::Tensor& middle, double part) {
  torch::NoGradGuard noGrad;
  const auto error = (prediction.detach().clamp(0, 1) - middle).square().mean().item<double>();
  return {part * loss.item<double>(), part * picture.item<double>(), part * error};
}

/// The guesses of classical flow for one sample, with motion looked for in the pictures as they are.
torch::Tensor viewOf(const BetweenSample& sample) {
  MotionOptions options;
  options.longestSide = std::max(sample.first.cols, sample.first.rows);
  options.twoThreads = false;
  const auto pair = estimateMotion({sample.first, sample.second}, options);
  return swiftView(pair, motionAtTime(pair, sample.time, /*several=*/true, /*twoThreads=*/false),
                   sample.time);
}

torch::Tensor greyOf(const cv::Mat& picture) {
  cv::Mat grey;
  cv::cvtColor(picture, grey, cv::COLOR_BGR2GRAY);
  return toTensor(grey).unsqueeze(0);
}

/// Learns in grey, at the size motion is looked for in: there a sample costs a fiftieth of a second.
class SwiftLearner : public InterpolationLearner {
 public:
  explicit SwiftLearner(const SwiftShape& shape) : net_(shape) {}
  std::shared_ptr<torch::nn::Module> module() override { return net_.ptr(); }
  std::unique_ptr<InterpolationLearner> twin() const override {
    return std::make_unique<SwiftLearner>(net_->shape);
  }

  InterpolationNews learn(std::span<const BetweenSample> samples, double part,
                          const InterpolationLesson& lesson) override {
    std::vector<torch::Tensor> views, middles;
    for (const auto& sample : samples) {
      views.push_back(viewOf(sample));
      middles.push_back(greyOf(sample.middle));
    }
    const auto view = torch::cat(views).to(lesson.device), middle = torch::cat(middles).to(lesson.device);
    net_->train();
    const auto prediction = (net_->forward(view, lesson.type) * swiftGuesses(view)).sum(1, true);
    const auto loss = pictureTerm(lesson, prediction, middle);
    (loss * part).backward();
    return told(loss, loss, prediction, middle, part);
  }

  cv::Mat predict(const BetweenSample& sample) override {
    net_->eval();
    const FramePair frames{sample.first, sample.second};
    const auto motion = estimateMotion(frames, swiftMotion("best"));
    const auto guess = motionAtTime(motion, sample.time, /*several=*/true, /*twoThreads=*/true);
    const auto device = net_->parameters().front().device();
    return renderBetween(frames, swiftMix(net_, motion, guess, sample.time, torch::kFloat32, device),
                         sample.time, false)
        .image;
  }

 private:
  SwiftNet net_;
};

class RifeLearner : public InterpolationLearner {
 public:
  std::shared_ptr<torch::nn::Module> module() override { return net_; }
  std::unique_ptr<InterpolationLearner> twin() const override { return std::make_unique<RifeLearner>(); }

  InterpolationNews learn(std::span<const BetweenSample> samples, double part,
                          const InterpolationLesson& lesson) override {
    const auto first = together(samples, &BetweenSample::first, lesson.device),
               second = together(samples, &BetweenSample::second, lesson.device),
               middle = together(samples, &BetweenSample::middle, lesson.device);
    net_->train();
    const auto taught = net_->learn(first, second, middle);
    const auto picture = pictureTerm(lesson, taught.student.merged, middle);
    const auto loss = picture + pictureTerm(lesson, taught.teacherMerged, middle) +
                      lesson.teacherWeight * taught.distillation;
    (loss * part).backward();
    return told(loss, picture, taught.student.merged, middle, part);
  }

  cv::Mat predict(const BetweenSample& sample) override {
    torch::InferenceMode inference;
    net_->eval();
    const auto device = net_->parameters().front().device();
    const auto prepared = [&](const cv::Mat& frame) {
      constexpr int kGrid = 32;
      cv::Mat padded;
      cv::copyMakeBorder(frame, padded, 0, (kGrid - frame.rows % kGrid) % kGrid, 0,
                         (kGrid - frame.cols % kGrid) % kGrid, cv::BORDER_REPLICATE);
      return toTensor(padded).unsqueeze(0).to(device);
    };
    const auto made = net_->forward(prepared(sample.first), prepared(sample.second), 0.5).merged;
    return toImage(made)(cv::Rect({}, sample.first.size())).clone();
  }

 private:
  std::shared_ptr<Rife2022> net_ = std::make_shared<Rife2022>(true);
};

}  // namespace

std::unique_ptr<InterpolationLearner> interpolationLearner(const std::string& network) {
  if (network == "swift") return std::make_unique<SwiftLearner>(SwiftShape{});
  if (network == "swift_large") return std::make_unique<SwiftLearner>(kLargeSwift);
  if (network == "rife") return std::make_unique<RifeLearner>();
  throw Error("There is no such network", network, "Choose swift, swift_large or rife.");
}

}  // namespace fw
