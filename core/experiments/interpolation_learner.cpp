#include "core/experiments/interpolation_learner.h"

#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/learn/losses.h"
#include "core/nn/rife.h"
#include "core/nn/swift_render.h"
#include "core/nn/tensor_image.h"
#include "core/nn/warp.h"

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
    const cv::Mat flow = disFlow(middle, half(side)) * 2.0;
    flows.push_back(torch::from_blob(flow.data, {flow.rows, flow.cols, 2}).permute({2, 0, 1}).clone());
  }
  return torch::cat(flows).unsqueeze(0);
}

class SwiftLearner : public InterpolationLearner {
 public:
  std::shared_ptr<torch::nn::Module> module() override { return net_.ptr(); }
  std::unique_ptr<InterpolationLearner> twin() const override { return std::make_unique<SwiftLearner>(); }

  InterpolationNews learn(std::span<const BetweenSample> samples, double part,
                          const InterpolationLesson& lesson, Random& random) override {
    const auto input = prepared(samples, lesson.device);
    const auto middle = together(samples, &BetweenSample::middle, lesson.device);
    net_->train();
    const auto output = net_->forward(input, lesson.type);
    // Now and then without the residual: choosing and moving must not lean on it.
    const auto prediction = synthesise(input, output, random.chance(lesson.residualShare));
    const auto picture = pictureTerm(lesson, prediction, middle);
    auto loss = picture;
    if (lesson.teacherWeight > 0)
      loss = loss + lesson.teacherWeight * teaching(samples, input, output, middle);
    (loss * part).backward();
    return told(loss, picture, prediction, middle, part);
  }

  cv::Mat predict(const BetweenSample& sample) override {
    net_->eval();
    SwiftOptions options;
    options.threads = torch::get_num_threads();
    options.device = net_->parameters().front().device();
    return SwiftPair(sample.first, sample.second, options).at(net_, sample.time).image;
  }

 private:
  static SwiftInput prepared(std::span<const BetweenSample> samples, const torch::Device& device) {
    std::vector<SwiftInput> inputs;
    for (const auto& sample : samples)
      inputs.push_back(swiftInput(sample.first, sample.second,
                                  motionAt(pairFlow(sample.first, sample.second), sample.time), sample.time));
    const auto joined = [&](torch::Tensor SwiftInput::*part) {
      std::vector<torch::Tensor> parts;
      for (const auto& input : inputs) parts.push_back(input.*part);
      return torch::cat(parts).to(device);
    };
    return {joined(&SwiftInput::first), joined(&SwiftInput::second), joined(&SwiftInput::flow),
            joined(&SwiftInput::reach), joined(&SwiftInput::time)};
  }

  /// Pulls both stages' flow towards the teacher where that explains the picture better (RIFE's privileged
  /// distillation, with classical flow for a teacher).
  static torch::Tensor teaching(std::span<const BetweenSample> samples, const SwiftInput& in,
                                const SwiftOutput& out, const torch::Tensor& middle) {
    std::vector<torch::Tensor> flows;
    for (const auto& sample : samples) flows.push_back(teacherFlow(sample));
    const auto teacher = torch::cat(flows).to(middle.device());
    const auto both = torch::cat({torch::avg_pool2d(in.first, 2), torch::avg_pool2d(in.second, 2)});
    const auto truth = torch::avg_pool2d(middle, 2).repeat({2, 1, 1, 1});
    const auto split = [](const torch::Tensor& flow) {
      return torch::cat({flow.slice(1, 0, 2), flow.slice(1, 2, 4)});
    };
    torch::Tensor better;
    {
      torch::NoGradGuard noGrad;
      const auto error = [&](const torch::Tensor& flow) {
        return (warp(both, split(flow) * 0.5) - truth).abs().mean(1, true);
      };
      better = (error(out.flow) > error(teacher) + 0.01).to(torch::kFloat32);
    }
    constexpr double kFarthest = 30.0;  // pixels: a lost teacher must not drown the rest
    const auto distance = [&](const torch::Tensor& flow) {
      const auto squared = (split(flow) - split(teacher)).square().sum(1, true);
      return (torch::sqrt(squared + 1e-4).clamp_max(kFarthest) * better).mean();
    };
    return distance(out.coarseFlow) + distance(out.flow);
  }

  SwiftNet net_;
};

class RifeLearner : public InterpolationLearner {
 public:
  std::shared_ptr<torch::nn::Module> module() override { return net_; }
  std::unique_ptr<InterpolationLearner> twin() const override { return std::make_unique<RifeLearner>(); }

  InterpolationNews learn(std::span<const BetweenSample> samples, double part,
                          const InterpolationLesson& lesson, Random& /*random*/) override {
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
  if (network == "swift") return std::make_unique<SwiftLearner>();
  if (network == "rife") return std::make_unique<RifeLearner>();
  throw Error("There is no such network", network, "Choose swift or rife.");
}

}  // namespace fw
