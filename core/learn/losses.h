#pragma once
#include <torch/torch.h>

#include <string>

/// Ways to say how far a picture is from the true one; pictures are [N,C,H,W] in 0 … 1, the result a scalar.
namespace fw {

torch::Tensor l1Loss(const torch::Tensor& prediction, const torch::Tensor& target);
/// √(d² + ε²), mean: L1 with a round bottom.
torch::Tensor charbonnierLoss(const torch::Tensor& prediction, const torch::Tensor& target);
/// L1 over five levels of a Laplacian pyramid, as RIFE is trained with; the low-pass rest is left out.
torch::Tensor laplacianLoss(const torch::Tensor& prediction, const torch::Tensor& target, int levels = 5);
/// Soft Hamming distance of the 7×7 census transform (UnFlow, IFRNet): structure regardless of brightness.
torch::Tensor censusLoss(const torch::Tensor& prediction, const torch::Tensor& target);
/// Distance of the responses of a bank of oriented edge filters at three scales; a perceptual loss that needs
/// no downloaded network.
torch::Tensor perceptualLoss(const torch::Tensor& prediction, const torch::Tensor& target);

/// ln(1 + MSE / 3·10⁻⁴), mean over the pictures: what PSNR measures, so that an easy picture counts as much
/// as a hard one, up to 35 dB.
torch::Tensor psnrLoss(const torch::Tensor& prediction, const torch::Tensor& target);

/// By name: l1, charbonnier, laplacian, census, perceptual, psnr. Throws Error that names them.
torch::Tensor pictureLoss(const std::string& name, const torch::Tensor& prediction,
                          const torch::Tensor& target);

}  // namespace fw
