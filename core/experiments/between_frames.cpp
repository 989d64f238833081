#include "core/experiments/between_frames.h"

#include <algorithm>
#include <cstdio>

#include "core/image/metrics.h"
#include "core/nn/tensor_image.h"

namespace fw {
namespace {

torch::Tensor average(const torch::Tensor& frames) {
  return 0.5 * (frames.slice(1, 0, 3) + frames.slice(1, 3, 6));
}

}  // namespace

BetweenBatch betweenBatch(const std::vector<BetweenSample>& samples, const torch::Device& device) {
  std::vector<cv::Mat> first, middle, second;
  for (const auto& sample : samples) {
    first.push_back(sample.first);
    middle.push_back(sample.middle);
    second.push_back(sample.second);
  }
  return {torch::cat({toBatch(first), toBatch(second)}, 1).to(device), toBatch(middle).to(device)};
}

Scores betweenScores(const std::vector<BetweenSample>& samples, const MakesBetween& make,
                     const torch::Device& device, const std::string& suffix) {
  double ratio = 0, similarity = 0, sharp = 0, trueSharp = 0;
  const auto count = static_cast<double>(samples.size());
  for (const auto& sample : samples) {
    const cv::Mat made = toImage(make(betweenBatch({sample}, device).frames)[0]);
    ratio += std::min(100.0, psnr(made, sample.middle)) / count;
    similarity += ssim(made, sample.middle) / count;
    sharp += sharpness(made);
    trueSharp += sharpness(sample.middle);
  }
  return {{"validation/psnr" + suffix, ratio},
          {"validation/ssim" + suffix, similarity},
          {"validation/sharpness" + suffix, 100.0 * sharp / std::max(trueSharp, 1e-9)}};
}

Scores betweenBaselines(const std::vector<BetweenSample>& samples, const torch::Device& device) {
  Scores scores = betweenScores(samples, average, device, " (plain average)");
  scores.merge(betweenScores(
      samples, [](const torch::Tensor& frames) { return frames.slice(1, 0, 3); }, device,
      " (copy the first)"));
  return scores;
}

GalleryRow betweenRow(const std::string& name, const BetweenSample& sample, const MakesBetween& make,
                      const torch::Device& device) {
  const auto batch = betweenBatch({sample}, device);
  const cv::Mat made = toImage(make(batch.frames)[0]);
  char quality[64];
  std::snprintf(quality, sizeof quality, ": %.1f dB, average %.1f dB", psnr(made, sample.middle),
                psnr(toImage(average(batch.frames)[0]), sample.middle));
  return {name + quality,
          {{"picture 1", FrameRole::Input, sample.first},
           {"picture 2, the truth", FrameRole::Target, sample.middle},
           {"picture 3", FrameRole::Input, sample.second},
           {"network", FrameRole::Prediction, made},
           tensorFrame("plain average", FrameRole::Baseline, average(batch.frames)[0])}};
}

}  // namespace fw
