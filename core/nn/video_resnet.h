#pragma once
#include <torch/torch.h>

#include <string>
#include <vector>

/// The networks of awong234/torch-for-image-and-video that turn a video into one map. All begin with parts of
/// R(2+1)D-18 (Tran 2018): convolutions in space and in time take turns.
namespace fw {

struct VideoMaps {
  torch::Tensor map;  ///< [N, 1, H, W]
  std::vector<torch::Tensor>
      coarse;                ///< what the heads on the encoder say at 1/2, 1/4 … the size; may be empty
  torch::Tensor beforeLast;  ///< what the last activation is given
};

struct VideoResNetOptions {
  enum class Decoder { Deconvolution, Skips };
  enum class Last { Softplus, Relu };
  int64_t layers = 4;  ///< of the encoder; 1 is the small network
  Decoder decoder = Decoder::Skips;
  bool normalise = false;  ///< batch normalisation in the decoder
  bool heads = false;      ///< a map from every layer of the encoder
  Last last = Last::Softplus;
  int64_t frames = 30;
};
/// "A1" … "A5". Throws Error that names them.
VideoResNetOptions videoResNetOptions(const std::string& name, int64_t frames);

struct VideoResNetImpl : torch::nn::Module {
  explicit VideoResNetImpl(VideoResNetOptions options);
  VideoMaps maps(const torch::Tensor& video);  ///< [N, 1, T, H, W]
  torch::Tensor forward(const torch::Tensor& video) { return maps(video).map; }

  VideoResNetOptions options;
  torch::nn::Sequential stem;
  torch::nn::ModuleList layers, deconv, up, heads;
};
TORCH_MODULE(VideoResNet);

/// Our own: the expected count is the sum over time, so the network is a sum over time, with weights of its
/// own to learn, and a few small convolutions that may correct it. [N, T, H, W] to [N, 1, H, W].
struct EventMapNetImpl : torch::nn::Module {
  explicit EventMapNetImpl(int64_t frames, int64_t width = 8);
  torch::Tensor forward(const torch::Tensor& video);
  torch::nn::Conv2d sum, gather, mix, correct;
};
TORCH_MODULE(EventMapNet);

}  // namespace fw
