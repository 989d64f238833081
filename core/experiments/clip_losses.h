#pragma once
#include <torch/torch.h>

#include <string>
#include <vector>

#include "core/params/schema.h"

/// The losses that the frame experiments offer by click.
namespace fw {

std::vector<Choice> frameLossChoices();
/// mse, l1, ssim, psnr, charbonnier, laplacian, census or perceptual. Pictures in 0 … 1; smaller is better,
/// always.
torch::Tensor frameLoss(const std::string& name, const torch::Tensor& prediction,
                        const torch::Tensor& target);

}  // namespace fw
