#include "core/nn/middle_frame_net.h"

namespace fw {
namespace nn = torch::nn;
namespace {

nn::Conv2d conv3x3(int64_t in, int64_t out, int64_t stride = 1) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, 3).stride(stride).padding(1));
}

nn::Sequential doubleConv(int64_t in, int64_t out, int64_t stride = 1) {
  return nn::Sequential(conv3x3(in, out, stride), nn::ReLU(), conv3x3(out, out), nn::ReLU());
}

ConvTranspose2d doubling(int64_t in, int64_t out) {
  return ConvTranspose2d(nn::ConvTranspose2dOptions(in, out, 2).stride(2));
}

}  // namespace

MiddleFrameNetImpl::MiddleFrameNetImpl(int64_t width)
    : down0(register_module("down0", doubleConv(6, width))),
      down1(register_module("down1", doubleConv(width, 2 * width, 2))),
      down2(register_module("down2", doubleConv(2 * width, 4 * width, 2))),
      up1(doubleConv(4 * width, 2 * width)),
      up0(doubleConv(2 * width, width)),
      enlarge1(register_module("enlarge1", doubling(4 * width, 2 * width))),
      enlarge0(register_module("enlarge0", doubling(2 * width, width))),
      last(register_module("last", nn::Conv2d(width, 3, 1))) {
  register_module("up1", up1);
  register_module("up0", up0);
}

torch::Tensor MiddleFrameNetImpl::forward(const torch::Tensor& frames) {
  const auto full = down0->forward(frames - 0.5);  // 64 × H × W
  const auto half = down1->forward(full);          // 128 × H/2 × W/2
  auto x = down2->forward(half);                   // 256 × H/4 × W/4
  x = up1->forward(torch::cat({half, enlarge1(x)}, 1));
  x = up0->forward(torch::cat({full, enlarge0(x)}, 1));
  return last(x) + 0.5;
}

FusedUNetImpl::FusedUNetImpl(int64_t width, bool infuse)
    : infuse(infuse),
      encoder(conv3x3(3, width), nn::ReLU(), conv3x3(width, width), nn::ReLU(), nn::MaxPool2d(2)),
      bottleneck(conv3x3(width, 2 * width), nn::ReLU(), conv3x3(2 * width, width), nn::ReLU()),
      decoder(doubling(2 * width, width), conv3x3(width, width), nn::ReLU(), conv3x3(width, 3)) {
  register_module("encoder", encoder);
  register_module("bottleneck", bottleneck);
  register_module("decoder", decoder);
}

torch::Tensor FusedUNetImpl::decoded(const torch::Tensor& features) {
  return decoder->forward(torch::cat({features, bottleneck->forward(features)}, 1)) + 0.5;
}

torch::Tensor FusedUNetImpl::forward(const torch::Tensor& frames) {
  const auto first = encoder->forward(frames.slice(1, 0, 3) - 0.5),
             second = encoder->forward(frames.slice(1, 3, 6) - 0.5);
  if (infuse) return decoded(0.5 * (first + second));
  return 0.5 * (decoded(first) + decoded(second));
}

NaiveConv3dImpl::NaiveConv3dImpl() : conv(nn::Conv3dOptions(1, 2, 3).padding(1)) {
  register_module("conv", conv);
}

torch::Tensor NaiveConv3dImpl::forward(const torch::Tensor& frames) {
  const auto n = frames.size(0), h = frames.size(2), w = frames.size(3);
  // [N, 2, 3, H, W] to [N·3, 1, 2, H, W]: a colour is a picture of its own.
  const auto pairs = frames.view({n, 2, 3, h, w}).transpose(1, 2).reshape({n * 3, 1, 2, h, w});
  return conv(pairs).mean({1, 2}).view({n, 3, h, w});
}

}  // namespace fw
