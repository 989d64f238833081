#include "core/nn/frame_predictors.h"

#include "core/nn/warp.h"

namespace fw {
namespace nn = torch::nn;
namespace {

UNet smallUNet(int64_t in, int64_t out, int64_t width) {
  UNet net(UNetOptions{in, out, {width, 2 * width, 4 * width}});
  torch::NoGradGuard noGrad;
  net->last->weight.mul_(0.1);  // begin near "nothing changes"
  net->last->bias.zero_();
  return net;
}

nn::Conv2d conv3x3(int64_t in, int64_t out, int64_t stride = 1) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, 3).stride(stride).padding(1));
}

torch::Tensor lastOf(const torch::Tensor& frames) { return frames.select(1, frames.size(1) - 1); }

}  // namespace

DirectPredictorImpl::DirectPredictorImpl(int64_t frames, int64_t channels, int64_t width)
    : net(register_module("net", smallUNet(frames * channels, channels, width))) {}

torch::Tensor DirectPredictorImpl::forward(const torch::Tensor& frames) {
  return lastOf(frames) + net->forward(frames.flatten(1, 2) - 0.5);
}

RecurrentPredictorImpl::RecurrentPredictorImpl(int64_t channels, int64_t width)
    : encode1(register_module("encode1", conv3x3(channels, width, 2))),
      encode2(register_module("encode2", conv3x3(width, width))),
      gates(register_module("gates", nn::Conv2d(nn::Conv2dOptions(2 * width, 2 * width, 5).padding(2)))),
      candidate(register_module("candidate", nn::Conv2d(nn::Conv2dOptions(2 * width, width, 5).padding(2)))),
      decode1(register_module("decode1", conv3x3(width, 2 * width))),
      decode2(register_module("decode2", conv3x3(2 * width, 4 * channels))) {
  torch::NoGradGuard noGrad;
  decode2->weight.mul_(0.1);
  decode2->bias.zero_();
}

torch::Tensor RecurrentPredictorImpl::firstMemory(const torch::Tensor& seen) {
  const auto width = seen.size(1);
  const auto of = [&](nn::Conv2d& layer) {
    return torch::conv2d(seen, layer->weight.slice(0, 0, width).slice(1, 0, width),
                         layer->bias.slice(0, 0, width), 1, 2);
  };
  return of(gates).sigmoid() * of(candidate).tanh();
}

torch::Tensor RecurrentPredictorImpl::forward(const torch::Tensor& frames) {
  const auto height = frames.size(3), width = frames.size(4);
  torch::Tensor memory;
  for (int64_t t = 0; t < frames.size(1); ++t) {
    const auto seen = encode2(encode1(frames.select(1, t) - 0.5).relu()).relu();
    if (t == 0 && is_training()) {
      memory = firstMemory(seen);
      continue;
    }
    if (t == 0) memory = torch::zeros_like(seen);
    const auto both = gates(torch::cat({seen, memory}, 1)).sigmoid().chunk(2, 1);  // update, reset
    const auto fresh = candidate(torch::cat({seen, both[1] * memory}, 1)).tanh();
    memory = memory + both[0] * (fresh - memory);
  }
  const auto change = torch::pixel_shuffle(decode2(decode1(memory).relu()), 2);
  return lastOf(frames) + change.slice(2, 0, height).slice(3, 0, width);
}

FlowPredictorImpl::FlowPredictorImpl(int64_t frames, int64_t channels, int64_t width)
    : net(register_module("net", smallUNet(frames * channels, 3 + channels, width))) {
  torch::NoGradGuard noGrad;
  net->last->bias[2] = -2.0;  // believe the movement first
}

torch::Tensor FlowPredictorImpl::forward(const torch::Tensor& frames) {
  constexpr double kPixels = 4.0;  // a unit of the network's output; movements are a few pixels
  const auto said = net->forward(frames.flatten(1, 2) - 0.5);
  const auto moved = warp(lastOf(frames), kPixels * said.slice(1, 0, 2));
  const auto paint = said.slice(1, 2, 3).sigmoid();
  return moved + paint * (said.slice(1, 3) + 0.5 - moved);
}

}  // namespace fw
