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

/// Where to learn from, as parts of width and height. Motion found at the rim of a crop is worse than in
/// whole frames: it is not learned from.
std::vector<cv::Rect2d> placesIn(const BetweenSample& pictures, cv::Size reduced) {
  constexpr double kRim = 24, kSpot = 48;  // pixels of the reduced pictures
  if (pictures.quality.empty()) {
    const double rim = std::min(kRim / reduced.width, 1.0 / 8);
    return {{rim, rim, 1 - 2 * rim, 1 - 2 * rim}};
  }
  const cv::Size2d side(std::min(1.0, kSpot / reduced.width), std::min(1.0, kSpot / reduced.height));
  std::vector<cv::Rect2d> places;
  for (const auto& spot : pictures.spots)
    places.emplace_back(cv::Point2d(spot.x * (1 - side.width), spot.y * (1 - side.height)), side);
  return places;
}

cv::Rect pixelsOf(const cv::Rect2d& place, cv::Size size) {
  const int width = cvRound(place.width * size.width), height = cvRound(place.height * size.height);
  return {std::min(cvRound(place.x * size.width), size.width - width),
          std::min(cvRound(place.y * size.height), size.height - height), width, height};
}

/// Those places of a view, one above the other, in 16 bit.
torch::Tensor partsOf(const torch::Tensor& view, const std::vector<cv::Rect2d>& places) {
  const cv::Size size(static_cast<int>(view.size(3)), static_cast<int>(view.size(2)));
  std::vector<torch::Tensor> parts;
  for (const auto& place : places) {
    const cv::Rect part = pixelsOf(place, size);
    parts.push_back(view.narrow(2, part.y, part.height).narrow(3, part.x, part.width));
  }
  return torch::cat(parts).to(torch::kHalf);
}

/// Those places of a picture, in bytes.
torch::Tensor partsOf(const cv::Mat& picture, const std::vector<cv::Rect2d>& places) {
  std::vector<cv::Mat> parts;
  for (const auto& place : places) parts.push_back(picture(pixelsOf(place, picture.size())));
  return (toBatch(parts) * 255).round().to(torch::kByte);
}

torch::Tensor fromBytes(const torch::Tensor& pictures, const torch::Device& device) {
  return pictures.to(device, torch::kFloat32) / 255;
}

/// The shares are known at the size motion was found in, what they are of may be larger.
torch::Tensor mixOf(const torch::Tensor& guesses, const torch::Tensor& shares) {
  namespace F = torch::nn::functional;
  const std::vector<int64_t> size{guesses.size(3), guesses.size(4)};
  auto at = shares;
  if (shares.size(2) != size[0] || shares.size(3) != size[1])
    at = F::interpolate(shares,
                        F::InterpolateFuncOptions().size(size).mode(torch::kBilinear).align_corners(false));
  return (at.unsqueeze(2) * guesses).sum(1);
}

/// Learns to choose at the size motion is looked for in, where everything is small, from what comes of it at
/// full size.
class SwiftLearner : public InterpolationLearner {
 public:
  std::shared_ptr<torch::nn::Module> module() override { return net_.ptr(); }
  std::unique_ptr<InterpolationLearner> twin() const override { return std::make_unique<SwiftLearner>(); }

  InterpolationSample prepared(BetweenSample pictures) const override {
    const torch::NoGradGuard noGrad;
    auto motion = motionFor(pictures);
    const auto pair = motion.of(framesOf(pictures));
    const auto guess = swiftGuesses(pair, pictures.time, /*twoThreads=*/false);
    const auto places = placesIn(pictures, pair.first.size());
    InterpolationSample sample;
    sample.view = partsOf(swiftView(pair, guess, pictures.time, /*twoThreads=*/false), places);
    sample.guesses = guessesOf(pictures, guess, places);
    sample.truth = partsOf(pictures.middle, places);
    const auto classical =
        mixOf(fromBytes(sample.guesses, torch::kCPU), swiftClassicalShares(sample.view.to(torch::kFloat32)));
    sample.classicalError = meanSquare(classical, fromBytes(sample.truth, torch::kCPU));
    return sample;
  }

  InterpolationNews learn(Samples samples, double part, const InterpolationLesson& lesson) override {
    net_->train();
    InterpolationNews news;
    const double each = part / static_cast<double>(samples.size());
    for (const auto& sample : samples) {
      const auto view = sample->view.to(lesson.device, torch::kFloat32),
                 guesses = fromBytes(sample->guesses, lesson.device),
                 truth = fromBytes(sample->truth, lesson.device);
      const auto made = mixOf(guesses, net_->forward(view, lesson.type));
      const auto loss = pictureTerm(lesson, made, truth);
      (loss * each).backward();
      news += told(loss, loss, made, truth, each);
      news.classicalError += each * sample->classicalError;
    }
    return news;
  }

  cv::Mat predict(const BetweenSample& sample) override {
    net_->eval();
    const FramePair frames = framesOf(sample);
    const std::string quality = sample.quality.empty() ? "best" : sample.quality;
    const auto motion = swiftMotion(quality, /*twoThreads=*/true).of(frames);
    const auto guess = swiftGuesses(motion, sample.time, /*twoThreads=*/true);
    const auto device = net_->parameters().front().device();
    return renderBetween(
               frames,
               swiftMix(net_, motion, guess, sample.time, {.threads = torch::get_num_threads()}, device,
                        /*twoThreads=*/true),
               sample.time, sharpAt(quality))
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
  static bool sharpAt(const std::string& quality) { return quality != "fast"; }  // as the engine reads

  /// In crops as in whole frames that are reduced before motion is looked for.
  static ShotMotion motionFor(const BetweenSample& pictures) {
    if (!pictures.quality.empty()) return swiftMotion(pictures.quality, /*twoThreads=*/false);
    const int side = cvRound(pictures.first.cols / pictures.reduction);
    return ShotMotion({.longestSide = side, .smallestScale = 0, .twoThreads = false},
                      pictures.searchedTwice ? ShotMotion::Again::Always : ShotMotion::Again::OfPairsAlone);
  }

  static FramePair framesOf(const BetweenSample& sample) {
    return {sample.first, sample.second, {sample.before}, {sample.after}};
  }

  /// What can be shown there, at full size and read as the engine does.
  static torch::Tensor guessesOf(const BetweenSample& pictures, const MotionAtTime& guess,
                                 const std::vector<cv::Rect2d>& places) {
    const RimmedPair pair(framesOf(pictures));
    const cv::Size size = guess.confidence.size();
    const cv::Mat all = cv::Mat::ones(size, CV_32F), none = cv::Mat::zeros(size, CV_32F);
    std::vector<torch::Tensor> shown;
    const auto show = [&](const Hypothesis& one) {
      const MotionAtTime alone{{one}, guess.confidence};
      shown.push_back(
          partsOf(renderBetween(pair, alone, pictures.time, sharpAt(pictures.quality)).image, places));
    };
    for (const Hypothesis& hypothesis : guess.hypotheses) {
      show({hypothesis.motion, all, none, hypothesis.bend});
      show({hypothesis.motion, none, all, hypothesis.bend});
    }
    show({cv::Mat::zeros(size, CV_32FC2), none, none});
    return torch::stack(shown, 1);
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

InterpolationNews& InterpolationNews::operator+=(const InterpolationNews& other) {
  loss += other.loss;
  picture += other.picture;
  squaredError += other.squaredError;
  classicalError += other.classicalError;
  return *this;
}

std::unique_ptr<InterpolationLearner> interpolationLearner(const std::string& network) {
  if (network == "swift") return std::make_unique<SwiftLearner>();
  if (network == "rife") return std::make_unique<RifeLearner>();
  throw Error("There is no such network", network, "Choose swift or rife.");
}

}  // namespace fw
