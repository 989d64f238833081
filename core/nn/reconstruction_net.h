#pragma once
#include <torch/torch.h>

#include <string>
#include <vector>

#include "core/base/random.h"

/// The autoencoders of Eye of Newt, phase 2 (reubenjohn/tensorflow-workspace): 5×5 convolutions of stride 2
/// and their transposes, LeakyReLU of slope 0.3, output x/2 + ½ cut to 0 … 1.
namespace fw {

struct ReconstructionOptions {
  std::vector<int64_t> widths = {8, 16, 32, 64};  ///< each halves the picture; the last is the bottleneck
  bool skips = true;
  double skipNoise = 0;  ///< deviation of what is added to the skips in training
};
/// "V1" one convolution and one transposed (our reading: its code is lost), "V2" four of each, "V3" with
/// skips, "V4" with noise of 0.25 on them.
ReconstructionOptions reconstructionOptions(const std::string& variant);

struct ReconstructionNetImpl : torch::nn::Module {
  explicit ReconstructionNetImpl(ReconstructionOptions options);

  /// What a look inside may take away.
  struct Without {
    bool bottleneck = false, skips = false;
  };
  torch::Tensor forward(const torch::Tensor& pictures) { return run(pictures, {}, nullptr); }
  /// Noise is added only when there is a source for it.
  torch::Tensor run(const torch::Tensor& pictures, Without without, Random* noise);

  ReconstructionOptions options;
  torch::nn::ModuleList encoder, decoder;
  torch::nn::Conv2d last{nullptr};
};
TORCH_MODULE(ReconstructionNet);

}  // namespace fw
