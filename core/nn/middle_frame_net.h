#pragma once
#include <torch/torch.h>

#include "core/nn/conv_transpose.h"

namespace fw {

/// The U-Net of berkutivan/Video_NN: 3×3 convolutions without normalisation, stride 2 in place of pooling,
/// two levels. Two frames [N, 6, H, W] in, the frame between [N, 3, H, W] out; both sides multiples of 4.
/// 1,864,707 weights at width 64.
struct MiddleFrameNetImpl : torch::nn::Module {
  explicit MiddleFrameNetImpl(int64_t width = 64);
  torch::Tensor forward(const torch::Tensor& frames);
  torch::nn::Sequential down0, down1, down2, up1, up0;
  ConvTranspose2d enlarge1, enlarge0;
  torch::nn::Conv2d last;
};
TORCH_MODULE(MiddleFrameNet);

/// The tiny U-Net of Julien-Commes: each frame is encoded by the same layers, the two are averaged, and one
/// picture is decoded ("infuse"); or each is decoded and the pictures are averaged ("outfuse"). Width 16 has
/// 16,851 weights, 64 has 257,859.
struct FusedUNetImpl : torch::nn::Module {
  FusedUNetImpl(int64_t width, bool infuse);
  torch::Tensor forward(const torch::Tensor& frames);  ///< [N, 6, H, W] to [N, 3, H, W], even sides
  bool infuse;
  torch::nn::Sequential encoder, bottleneck, decoder;

 private:
  torch::Tensor decoded(const torch::Tensor& features);
};
TORCH_MODULE(FusedUNet);

/// Its step 0: one 3×3×3 convolution over the two frames, colour by colour, to two channels that are
/// averaged. 56 weights.
struct NaiveConv3dImpl : torch::nn::Module {
  NaiveConv3dImpl();
  torch::Tensor forward(const torch::Tensor& frames);
  torch::nn::Conv3d conv;
};
TORCH_MODULE(NaiveConv3d);

}  // namespace fw
