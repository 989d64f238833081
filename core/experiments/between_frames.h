#pragma once
#include <functional>
#include <vector>

#include "core/data/between_sample.h"
#include "core/experiments/learning_steps.h"
#include "core/store/run.h"

/// What the experiments that make the frame between two frames share: tensors, scores, baselines, gallery.
namespace fw {

struct BetweenBatch {
  torch::Tensor frames;  ///< [N, 6, H, W], first and second
  torch::Tensor middle;  ///< [N, 3, H, W]
};
BetweenBatch betweenBatch(const std::vector<BetweenSample>& samples, const torch::Device& device);

using MakesBetween = std::function<torch::Tensor(const torch::Tensor& frames)>;

/// "validation/psnr", "validation/ssim" and "validation/sharpness" (of the true frame's, in %) with `suffix`.
Scores betweenScores(const std::vector<BetweenSample>& samples, const MakesBetween& make,
                     const torch::Device& device, const std::string& suffix = {});
/// What copying the first frame and the plain average reach.
Scores betweenBaselines(const std::vector<BetweenSample>& samples, const torch::Device& device);

/// picture 1, picture 2 (the truth), picture 3, the network's, and the average.
GalleryRow betweenRow(const std::string& name, const BetweenSample& sample, const MakesBetween& make,
                      const torch::Device& device);

}  // namespace fw
