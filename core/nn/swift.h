#pragma once
#include <torch/torch.h>

#include <opencv2/core.hpp>

#include "core/nn/swift_prior.h"

/// `swift`: a small network that corrects classical flow and chooses, pixel by pixel, which of two warped
/// frames to show.
namespace fw {

struct SwiftInput {
  torch::Tensor first, second;  ///< [N,3,H,W], 0 … 1, BGR; H and W multiples of kSwiftGrid
  torch::Tensor flow, reach;    ///< [N,4,H/2,W/2] and [N,2,H/2,W/2]: MotionPrior
  torch::Tensor time;           ///< [N,1,1,1]
};

struct SwiftOutput {
  torch::Tensor coarseFlow, flow;  ///< [N,4,H/2,W/2], pixels of the pictures
  torch::Tensor mask;              ///< [N,1,H,W]: the share of the first frame
  torch::Tensor residual;          ///< [N,3,H,W]: added at last
};

struct SwiftShape {
  int64_t coarse = 96, fine = 48, deep = 96, edge = 24;  ///< channels at 1/16, 1/4, 1/8 and 1/2
  int64_t coarseBlocks = 6, fineBlocks = 2, deepBlocks = 4;
};

struct SwiftNetImpl : torch::nn::Module {
  explicit SwiftNetImpl(const SwiftShape& shape = {});
  /// Convolutions compute in `type`; flow, mask and residual come out as float32.
  SwiftOutput forward(const SwiftInput& input, torch::ScalarType type = torch::kFloat32);

  SwiftShape shape;
  torch::nn::Sequential motion, motionHead;  // stage 1: 1/4 → 1/16
  torch::nn::Conv2d edge{nullptr}, down{nullptr}, deeper{nullptr}, up{nullptr}, widen{nullptr}, head{nullptr};
  torch::nn::Sequential fineIn, deep, fineOut;  // stage 2: 1/2, 1/4, 1/8
};
TORCH_MODULE(SwiftNet);

/// The between frame at the size of the pictures, differentiable; for training.
torch::Tensor synthesise(const SwiftInput& input, const SwiftOutput& output, bool withResidual);

/// Flow at half size to the size of the pictures.
torch::Tensor upsampled(const torch::Tensor& flow);

/// A batch of one from CV maps; `first` and `second` are 8-bit BGR.
SwiftInput swiftInput(const cv::Mat& first, const cv::Mat& second, const MotionPrior& prior, double time);

}  // namespace fw
