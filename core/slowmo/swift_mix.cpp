#include "core/slowmo/swift_mix.h"

#include <opencv2/core.hpp>

#include "core/learn/checkpoint.h"

namespace fw {
namespace {

/// [1,C,H,W] float from an 8-bit (0 … 1) or float map.
torch::Tensor planes(const cv::Mat& map) {
  cv::Mat values;
  map.convertTo(values, CV_32F, map.depth() == CV_8U ? 1.0 / 255.0 : 1.0);
  return torch::from_blob(values.data, {1, values.rows, values.cols, values.channels()})
      .permute({0, 3, 1, 2})
      .clone();
}

cv::Mat plane(const torch::Tensor& tensor) {
  const auto whole = tensor.to(torch::kCPU).contiguous();
  return cv::Mat(static_cast<int>(whole.size(0)), static_cast<int>(whole.size(1)), CV_32FC1,
                 whole.data_ptr<float>())
      .clone();
}

}  // namespace

torch::Tensor swiftView(const TwoWayMotion& pair, const MotionAtTime& guess, double time) {
  const auto t = static_cast<float>(time);
  const auto& a = guess.hypotheses.front();
  const auto& b = guess.hypotheses.back();
  const cv::Mat moved[] = {movedBy(pair.first, a.motion, -t), movedBy(pair.second, a.motion, 1 - t),
                           movedBy(pair.first, b.motion, -t), movedBy(pair.second, b.motion, 1 - t)};
  cv::Mat rest = cv::Mat::ones(a.firstShare.size(), CV_32F), differenceA, differenceB;
  rest -= a.firstShare + a.secondShare + b.firstShare + b.secondShare;
  cv::absdiff(moved[0], moved[1], differenceA);
  cv::absdiff(moved[2], moved[3], differenceB);
  const auto confidence = planes(guess.confidence);
  return torch::cat({planes(moved[0]), planes(moved[1]), planes(moved[2]), planes(moved[3]),
                     planes(pair.first), planes(pair.second), planes(differenceA), planes(differenceB),
                     planes(a.firstShare), planes(a.secondShare), planes(b.firstShare), planes(b.secondShare),
                     planes(rest), planes(a.motion) / kSwiftMotionUnit, planes(b.motion) / kSwiftMotionUnit,
                     confidence, torch::full_like(confidence, time)},
                    1);
}

MotionAtTime swiftMix(SwiftNet& net, const TwoWayMotion& pair, const MotionAtTime& guess, double time,
                      torch::ScalarType type, const torch::Device& device) {
  torch::InferenceMode inference;
  const auto answer = net->forward(swiftView(pair, guess, time).to(device), type);
  const auto shares = answer.shares[0].to(torch::kCPU), shifts = answer.shifts[0].to(torch::kCPU);
  MotionAtTime mixed{{}, guess.confidence};
  for (int64_t i = 0; i < kSwiftMoved; ++i) {
    const bool ofFirst = i % 2 == 0;
    const cv::Mat& motion = guess.hypotheses[static_cast<std::size_t>(i / 2)].motion;
    const double factor = ofFirst ? -time : 1 - time;  // what the frame will be moved by, of the motion
    const cv::Mat both[] = {plane(shifts[2 * i]), plane(shifts[2 * i + 1])};
    cv::Mat shift;
    cv::merge(both, 2, shift);
    Hypothesis moved{motion + shift * (1 / factor), {}, {}};
    (ofFirst ? moved.firstShare : moved.secondShare) = plane(shares[i]);
    mixed.hypotheses.push_back(std::move(moved));
  }
  return mixed;
}

MotionOptions swiftMotion(const std::string& quality) {
  if (quality == "fast")
    return {.longestSide = 240, .smallestScale = 0.15, .patchStride = 4, .descentIterations = 16};
  if (quality == "best")
    return {.longestSide = 480, .smallestScale = 0.4, .patchStride = 3, .descentIterations = 25};
  return {};
}

SwiftNet loadSwift(const std::filesystem::path& file) {
  auto weights = readSafetensors(file).tensors;
  SwiftNet net(swiftShapeOf(weights));
  loadWeights({{"swift", net.ptr()}}, weights, file.string());
  net->eval();
  return net;
}

}  // namespace fw
