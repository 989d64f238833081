#include "core/slowmo/swift_mix.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "core/learn/checkpoint.h"
#include "core/nn/tensor_image.h"

namespace fw {
namespace {

// What brings the numbers of a view to about one.
constexpr double kGreyLevels = 64, kPixelsApart = 4, kPixelsMoved = 16;
constexpr double kMost = 8;

cv::Mat length(const cv::Mat& vectors) {
  cv::Mat parts[2], result;
  cv::split(vectors, parts);
  cv::magnitude(parts[0], parts[1], result);
  return result;
}

void addEvidenceBeyond(const cv::Mat& goes, const MotionBeyond& beyond, const cv::Mat& motion, float part,
                       std::vector<cv::Mat>& maps) {
  if (beyond.motion.empty()) {
    const cv::Mat nothing = cv::Mat::zeros(motion.size(), CV_32F);
    maps.insert(maps.end(), {nothing, nothing});
    return;
  }
  const cv::Mat change = length(goes + beyond.motion / beyond.distance) / kPixelsApart;
  maps.insert(maps.end(), {movedBy(beyond.trust, motion, part), movedBy(change, motion, part)});
}

void addEvidence(const TwoWayMotion& pair, const cv::Mat& motion, double time, std::vector<cv::Mat>& maps) {
  const auto toFirst = static_cast<float>(-time), toSecond = static_cast<float>(1 - time);
  cv::Mat difference, near, wide;
  cv::absdiff(movedBy(pair.first, motion, toFirst), movedBy(pair.second, motion, toSecond), difference);
  difference.convertTo(difference, CV_32F, 1 / kGreyLevels);
  cv::GaussianBlur(difference, near, {}, 1.5);
  cv::GaussianBlur(difference, wide, {}, 4);
  maps.insert(maps.end(),
              {difference, near, wide, length(motion - movedBy(pair.forward, motion, toFirst)) / kPixelsApart,
               length(motion + movedBy(pair.backward, motion, toSecond)) / kPixelsApart,
               movedBy(pair.trustFirst, motion, toFirst), movedBy(pair.trustSecond, motion, toSecond),
               length(motion) / kPixelsMoved});
  addEvidenceBeyond(pair.forward, pair.beforeFirst, motion, toFirst, maps);
  addEvidenceBeyond(pair.backward, pair.afterSecond, motion, toSecond, maps);
}

cv::Mat plane(const torch::Tensor& tensor) {
  const auto whole = tensor.to(torch::kCPU).contiguous();
  return cv::Mat(static_cast<int>(whole.size(0)), static_cast<int>(whole.size(1)), CV_32FC1,
                 whole.data_ptr<float>())
      .clone();
}

}  // namespace

torch::Tensor swiftView(const TwoWayMotion& pair, const MotionAtTime& guess, double time) {
  const Hypothesis &a = guess.hypotheses.front(), &b = guess.hypotheses.back();
  std::vector<cv::Mat> maps;
  addEvidence(pair, a.motion, time, maps);
  addEvidence(pair, b.motion, time, maps);
  maps.push_back(length(a.motion - b.motion) / kPixelsApart);
  maps.insert(maps.end(), {a.firstShare, a.secondShare, b.firstShare, b.secondShare, guess.confidence,
                           cv::Mat(a.motion.size(), CV_32F, cv::Scalar(time))});
  std::vector<torch::Tensor> channels;
  for (const cv::Mat& map : maps) channels.push_back(toTensor(map));
  return torch::cat(channels).unsqueeze(0).clamp_max(kMost);
}

torch::Tensor swiftShares(SwiftNet& net, const torch::Tensor& view, const SwiftPace& pace) {
  if (!view.is_cpu()) return net->forward(view, pace.type);
  if (torch::get_num_threads() != pace.threads) torch::set_num_threads(pace.threads);
  std::vector<torch::Tensor> bands;  // the network sees each pixel alone
  for (const auto& band : view.split(std::max<int64_t>(1, pace.bandPixels / view.size(3)), 2))
    bands.push_back(net->forward(band, pace.type));
  return torch::cat(bands, 2);
}

MotionAtTime swiftMix(SwiftNet& net, const TwoWayMotion& pair, const MotionAtTime& guess, double time,
                      const SwiftPace& pace, const torch::Device& device) {
  torch::InferenceMode inference;
  const auto shares = swiftShares(net, swiftView(pair, guess, time).to(device), pace)[0].to(torch::kCPU);
  MotionAtTime mixed{{}, guess.confidence};
  for (int64_t i = 0; const Hypothesis& hypothesis : guess.hypotheses) {
    mixed.hypotheses.push_back({hypothesis.motion, plane(shares[i]), plane(shares[i + 1]), hypothesis.bend});
    i += 2;
  }
  return mixed;
}

SwiftNet loadSwift(const std::filesystem::path& file) {
  auto weights = readSafetensors(file).tensors;
  SwiftNet net(swiftWidthOf(weights));
  loadWeights({{"swift", net.ptr()}}, weights, file.string());
  net->eval();
  return net;
}

}  // namespace fw
