#include "core/experiments/interpolation_learner.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/learn/losses.h"
#include "core/nn/rife.h"
#include "core/nn/tensor_image.h"
#include "core/nn/warp.h"
#include "core/slowmo/flow_render.h"
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

/// The guesses of classical flow for one sample.
torch::Tensor viewOf(const BetweenSample& sample) {
  MotionOptions options;
  options.smallestScale = 0;
  options.longestSide = cvRound(sample.first.cols / sample.reduction);
  options.twoThreads = false;
  const auto pair = estimateMotion({sample.first, sample.second}, options);
  const auto view =
      swiftView(pair, motionAtTime(pair, sample.time, /*several=*/true, /*twoThreads=*/false), sample.time);
  const auto side = view.size(3), rim = rimOf(side);
  return view.slice(2, rim, side - rim).slice(3, rim, side - rim);
}

/// Pictures hardly larger than the view teach the same choices and shifts as those of full size, for a third
/// of the time.
BetweenSample compact(BetweenSample sample) {
  constexpr double kEnough = 1.25;  // times the view
  if (sample.reduction <= kEnough) return sample;
  const int side = cvRound(sample.first.cols * kEnough / sample.reduction);
  for (cv::Mat* frame : {&sample.first, &sample.middle, &sample.second}) {
    cv::Mat small;
    cv::resize(*frame, small, {side, side}, 0, 0, cv::INTER_AREA);
    *frame = small;
  }
  sample.reduction = kEnough;
  return sample;
}

/// What the engine shows for this answer, so that gradients flow back, and the truth: at the size of the
/// sample, without the rim.
struct Shown {
  torch::Tensor made, truth;
};

Shown shown(const BetweenSample& sample, const torch::Tensor& view, const SwiftAnswer& answer) {
  namespace F = torch::nn::functional;
  const auto rim = rimOf(std::llround(sample.first.cols / sample.reduction));
  const auto fullRim = std::llround(static_cast<double>(rim) * sample.reduction);
  const auto side = sample.first.cols - 2 * fullRim;
  const auto enlarged = [&](const torch::Tensor& map) {
    return F::interpolate(map, F::InterpolateFuncOptions()
                                   .size(std::vector<int64_t>{side, side})
                                   .mode(torch::kBilinear)
                                   .align_corners(false));
  };
  const auto picture = [&](const cv::Mat& frame) { return toTensor(frame).unsqueeze(0).to(view.device()); };
  const auto inner = [&](const torch::Tensor& whole) {
    return whole.slice(2, fullRim, fullRim + side).slice(3, fullRim, fullRim + side);
  };
  const auto first = picture(sample.first), second = picture(sample.second);
  const auto shares = enlarged(answer.shares);
  auto made =
      shares.slice(1, kSwiftMoved) * ((1.0 - sample.time) * inner(first) + sample.time * inner(second));
  for (int64_t i = 0; i < kSwiftMoved; ++i) {
    const bool ofFirst = i % 2 == 0;
    const auto channel = kSwiftFirstMotion + i / 2 * 2;
    const auto motion = view.slice(1, channel, channel + 2) * kSwiftMotionUnit;
    const auto path =
        (ofFirst ? -sample.time : 1.0 - sample.time) * motion + answer.shifts.slice(1, 2 * i, 2 * i + 2);
    const auto moved = warp(ofFirst ? first : second, enlarged(path) * sample.reduction, fullRim);
    made = made + shares.slice(1, i, i + 1) * moved;
  }
  return {made, inner(picture(sample.middle))};
}

SwiftAnswer classicalAnswer(const torch::Tensor& view) {
  return {view.slice(1, kSwiftFirstShare, kSwiftFirstShare + kSwiftGuesses),
          torch::zeros({1, 2 * kSwiftMoved, view.size(2), view.size(3)}, view.options())};
}

/// Learns in colour, while the network sees grey pictures of the size motion is looked for in.
class SwiftLearner : public InterpolationLearner {
 public:
  explicit SwiftLearner(const SwiftShape& shape) : net_(shape) {}
  std::shared_ptr<torch::nn::Module> module() override { return net_.ptr(); }
  std::unique_ptr<InterpolationLearner> twin() const override {
    return std::make_unique<SwiftLearner>(net_->shape);
  }

  InterpolationSample prepared(BetweenSample pictures) const override {
    const torch::NoGradGuard noGrad;
    const auto view = viewOf(pictures);
    const auto small = compact(std::move(pictures));
    const auto untaught = shown(small, view, classicalAnswer(view));
    return {small, view.to(torch::kHalf), meanSquare(untaught.made, untaught.truth)};
  }

  InterpolationNews learn(Samples samples, double part, const InterpolationLesson& lesson) override {
    std::vector<torch::Tensor> views;
    for (const auto& sample : samples) views.push_back(sample->view);
    const auto view = torch::cat(views).to(lesson.device, torch::kFloat32);
    net_->train();
    const auto answer = net_->forward(view, lesson.type);
    const auto share = part / static_cast<double>(samples.size());
    torch::Tensor loss = torch::zeros({}, view.options());
    InterpolationNews news;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      const auto [made, truth] =
          shown(samples[i]->pictures, view.slice(0, at, at + 1),
                {answer.shares.slice(0, at, at + 1), answer.shifts.slice(0, at, at + 1)});
      const auto term = pictureTerm(lesson, made, truth);
      loss = loss + share * term;
      const auto one = told(term, term, made, truth, share);
      news.loss += one.loss;
      news.picture += one.picture;
      news.squaredError += one.squaredError;
      news.classicalError += share * samples[i]->classicalError;
    }
    loss.backward();
    return news;
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
