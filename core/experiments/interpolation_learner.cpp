#include "core/experiments/interpolation_learner.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/learn/losses.h"
#include "core/nn/rife.h"
#include "core/nn/tensor_image.h"
#include "core/slowmo/flow_render.h"
#include "core/slowmo/shot_motion.h"
#include "core/slowmo/swift_mix.h"

namespace fw {
namespace {

using Samples = std::span<const std::shared_ptr<const InterpolationSample>>;

torch::Tensor together(Samples samples, cv::Mat BetweenSample::*frame, const torch::Device& device) {
  std::vector<cv::Mat> pictures;
  for (const auto& sample : samples) pictures.push_back(sample->pictures.*frame);
  return toBatch(pictures).to(device);
}

torch::Tensor pictureTerm(const InterpolationLesson& lesson, const torch::Tensor& prediction,
                          const torch::Tensor& middle) {
  auto loss = pictureLoss(lesson.loss, prediction, middle);
  if (lesson.secondLoss != "none")
    loss = loss + lesson.secondWeight * pictureLoss(lesson.secondLoss, prediction, middle);
  return loss;
}

double meanSquare(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).square().mean().item<double>();
}

InterpolationNews told(const torch::Tensor& loss, const torch::Tensor& picture,
                       const torch::Tensor& prediction, const torch::Tensor& middle, double part) {
  torch::NoGradGuard noGrad;
  return {part * loss.item<double>(), part * picture.item<double>(),
          part * meanSquare(prediction.detach().clamp(0, 1), middle)};
}

/// Motion found at the rim of a crop is worse than in whole frames: it is not learned from.
int64_t rimOf(int64_t side) {
  constexpr int64_t kRim = 24;
  return std::min(kRim, side / 8);
}

torch::Tensor planes(const cv::Mat& map) { return toTensor(map).unsqueeze(0); }

torch::Tensor withoutRim(const torch::Tensor& map) {
  const auto side = map.size(3), rim = rimOf(side);
  return map.slice(2, rim, side - rim).slice(3, rim, side - rim);
}

torch::Tensor mixOf(const torch::Tensor& guesses, const torch::Tensor& shares) {
  return (shares.unsqueeze(2) * guesses).sum(1);
}

/// Learns to choose at the size motion is looked for in, where everything is small.
class SwiftLearner : public InterpolationLearner {
 public:
  std::shared_ptr<torch::nn::Module> module() override { return net_.ptr(); }
  std::unique_ptr<InterpolationLearner> twin() const override { return std::make_unique<SwiftLearner>(); }

  InterpolationSample prepared(BetweenSample pictures) const override {
    const torch::NoGradGuard noGrad;
    const int side = cvRound(pictures.first.cols / pictures.reduction);
    ShotMotion motion({.longestSide = side, .smallestScale = 0, .twoThreads = false},
                      pictures.searchedTwice ? ShotMotion::Again::Always : ShotMotion::Again::OfPairsAlone);
    const auto pair = motion.of(framesOf(pictures));
    const auto guess = swiftGuesses(pair, pictures.time, /*twoThreads=*/false);
    const auto view = withoutRim(swiftView(pair, guess, pictures.time, /*twoThreads=*/false));
    const auto guesses = withoutRim(guessesOf(pictures, guess, side)).unsqueeze(0);
    const auto truth = withoutRim(planes(reduced(pictures.middle, side)));
    const double error = meanSquare(mixOf(guesses, swiftClassicalShares(view)), truth);
    return {{}, view.to(torch::kHalf), guesses.to(torch::kHalf), truth.to(torch::kHalf), error};
  }

  InterpolationNews learn(Samples samples, double part, const InterpolationLesson& lesson) override {
    net_->train();
    const auto view = gathered(samples, &InterpolationSample::view, lesson.device),
               guesses = gathered(samples, &InterpolationSample::guesses, lesson.device),
               truth = gathered(samples, &InterpolationSample::truth, lesson.device);
    const auto made = mixOf(guesses, net_->forward(view, lesson.type));
    const auto loss = pictureTerm(lesson, made, truth);
    (loss * part).backward();
    auto news = told(loss, loss, made, truth, part);
    for (const auto& sample : samples)
      news.classicalError += part * sample->classicalError / static_cast<double>(samples.size());
    return news;
  }

  cv::Mat predict(const BetweenSample& sample) override {
    net_->eval();
    const FramePair frames = framesOf(sample);
    const auto motion = swiftMotion("best", /*twoThreads=*/true).of(frames);
    const auto guess = swiftGuesses(motion, sample.time, /*twoThreads=*/true);
    const auto device = net_->parameters().front().device();
    return renderBetween(
               frames,
               swiftMix(net_, motion, guess, sample.time, {.threads = torch::get_num_threads()}, device,
                        /*twoThreads=*/true),
               sample.time, false)
        .image;
  }

  /// Seen with its neighbours and without them: both parts of the network are at work.
  torch::Tensor input(const BetweenSample& sample) const override {
    std::vector<torch::Tensor> views;
    for (const FramePair& frames : {framesOf(sample), FramePair{sample.first, sample.second}}) {
      const auto pair = swiftMotion("balanced", /*twoThreads=*/true).of(frames);
      views.push_back(swiftView(pair, swiftGuesses(pair, sample.time, /*twoThreads=*/true), sample.time,
                                /*twoThreads=*/true));
    }
    return torch::cat(views).to(net_->parameters().front().device());
  }
  torch::Tensor output(const torch::Tensor& view) override { return net_->forward(view); }

 private:
  static FramePair framesOf(const BetweenSample& sample) {
    return {sample.first, sample.second, {sample.before}, {sample.after}};
  }

  static cv::Mat reduced(const cv::Mat& frame, int side) {
    if (frame.cols == side) return frame;
    cv::Mat small;
    cv::resize(frame, small, {side, side}, 0, 0, cv::INTER_AREA);
    return small;
  }

  static torch::Tensor guessesOf(const BetweenSample& pictures, const MotionAtTime& guess, int side) {
    const cv::Mat first = reduced(pictures.first, side), second = reduced(pictures.second, side);
    const auto time = static_cast<float>(pictures.time);
    std::vector<cv::Mat> shown;
    for (const Hypothesis& hypothesis : guess.hypotheses) {
      for (const auto& [frame, part] : {std::pair(first, -time), std::pair(second, 1 - time)}) {
        const cv::Mat straight = part * hypothesis.motion;
        shown.push_back(
            movedBy(frame, hypothesis.bend.empty() ? straight : cv::Mat(straight + hypothesis.bend), 1));
      }
    }
    cv::Mat fade;
    cv::addWeighted(first, 1 - time, second, time, 0, fade);
    shown.push_back(fade);
    return toBatch(shown);
  }

  static torch::Tensor gathered(Samples samples, torch::Tensor InterpolationSample::*part,
                                const torch::Device& device) {
    std::vector<torch::Tensor> parts;
    for (const auto& sample : samples) parts.push_back((*sample).*part);
    return torch::cat(parts).to(device, torch::kFloat32);
  }

  SwiftNet net_;
};

class RifeLearner : public InterpolationLearner {
 public:
  std::shared_ptr<torch::nn::Module> module() override { return net_; }
  std::unique_ptr<InterpolationLearner> twin() const override { return std::make_unique<RifeLearner>(); }

  InterpolationNews learn(Samples samples, double part, const InterpolationLesson& lesson) override {
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
    return toImage(output(input(sample)))(cv::Rect({}, sample.first.size())).clone();
  }

  torch::Tensor input(const BetweenSample& sample) const override {
    return torch::cat({rifePicture(sample.first), rifePicture(sample.second)}, 1)
        .to(net_->parameters().front().device());
  }
  torch::Tensor output(const torch::Tensor& both) override {
    return net_->forward(both.slice(1, 0, 3), both.slice(1, 3), 0.5).merged;
  }

 private:
  std::shared_ptr<Rife2022> net_ = std::make_shared<Rife2022>(true);
};

}  // namespace

std::unique_ptr<InterpolationLearner> interpolationLearner(const std::string& network) {
  if (network == "swift") return std::make_unique<SwiftLearner>();
  if (network == "rife") return std::make_unique<RifeLearner>();
  throw Error("There is no such network", network, "Choose swift or rife.");
}

}  // namespace fw
