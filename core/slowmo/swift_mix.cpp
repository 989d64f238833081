#include "core/slowmo/swift_mix.h"

#include <opencv2/core.hpp>

#include "core/learn/checkpoint.h"

namespace fw {
namespace {

constexpr double kFlowUnit = 1.0 / 16.0;  // pixels to numbers around one

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
                     planes(rest), planes(a.motion) * kFlowUnit, planes(b.motion) * kFlowUnit, confidence,
                     torch::full_like(confidence, time)},
                    1);
}

torch::Tensor swiftGuesses(const torch::Tensor& view) {
  const auto time = view.slice(1, kSwiftView - 1, kSwiftView);
  const auto fade = (1.0 - time) * view.slice(1, 4, 5) + time * view.slice(1, 5, 6);
  return torch::cat({view.slice(1, 0, 4), fade}, 1);
}

MotionAtTime swiftMix(SwiftNet& net, const TwoWayMotion& pair, const MotionAtTime& guess, double time,
                      torch::ScalarType type, const torch::Device& device) {
  torch::InferenceMode inference;
  const auto shares = net->forward(swiftView(pair, guess, time).to(device), type)[0];
  MotionAtTime mixed = guess;
  mixed.hypotheses.front().firstShare = plane(shares[0]);
  mixed.hypotheses.front().secondShare = plane(shares[1]);
  mixed.hypotheses.back().firstShare = plane(shares[2]);
  mixed.hypotheses.back().secondShare = plane(shares[3]);
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
