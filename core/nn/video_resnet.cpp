#include "core/nn/video_resnet.h"

#include "core/base/error.h"

namespace fw {
namespace {

namespace nn = torch::nn;
using Shape = torch::ExpandingArray<3>;

nn::Conv3d conv(int64_t in, int64_t out, Shape kernel, Shape stride, Shape padding, bool bias = false) {
  return nn::Conv3d(nn::Conv3dOptions(in, out, kernel).stride(stride).padding(padding).bias(bias));
}

/// 3×3 in space, then 3 in time. The parts have the names that torchvision gives them.
struct Conv2Plus1Impl : nn::Module {
  Conv2Plus1Impl(int64_t in, int64_t out, int64_t middle, int64_t stride)
      : space(register_module("0", conv(in, middle, {1, 3, 3}, {1, stride, stride}, {0, 1, 1}))),
        norm(register_module("1", nn::BatchNorm3d(middle))),
        time(register_module("3", conv(middle, out, {3, 1, 1}, {stride, 1, 1}, {1, 0, 0}))) {}
  torch::Tensor forward(const torch::Tensor& x) { return time(norm(space(x)).relu()); }
  nn::Conv3d space;
  nn::BatchNorm3d norm;
  nn::Conv3d time;
};
TORCH_MODULE(Conv2Plus1);

struct BasicBlockImpl : nn::Module {
  BasicBlockImpl(int64_t in, int64_t out, int64_t stride) {
    const int64_t middle = in * out * 27 / (in * 9 + 3 * out);  // as many weights as a full 3×3×3 would have
    conv1 = nn::Sequential(Conv2Plus1(in, out, middle, stride), nn::BatchNorm3d(out), nn::ReLU());
    conv2 = nn::Sequential(Conv2Plus1(out, out, middle, 1), nn::BatchNorm3d(out));
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    if (stride == 1 && in == out) return;
    downsample = nn::Sequential(conv(in, out, 1, stride, 0), nn::BatchNorm3d(out));
    register_module("downsample", downsample);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const auto kept = downsample.is_empty() ? x : downsample->forward(x);
    return (conv2->forward(conv1->forward(x)) + kept).relu();
  }
  nn::Sequential conv1{nullptr}, conv2{nullptr}, downsample{nullptr};
};
TORCH_MODULE(BasicBlock);

nn::Sequential doubleConv(int64_t in, int64_t out, bool normalise) {
  nn::Sequential layers;
  for (const int64_t from : {in, out}) {
    layers->push_back(conv(from, out, 3, 1, 1, true));
    if (normalise) layers->push_back(nn::BatchNorm3d(out));
    layers->push_back(nn::ReLU());
  }
  return layers;
}

nn::ConvTranspose3d deconvolution(int64_t in, int64_t out, Shape kernel, Shape stride) {
  return nn::ConvTranspose3d(nn::ConvTranspose3dOptions(in, out, kernel).stride(stride));
}

torch::Tensor enlarged(const torch::Tensor& x, const torch::Tensor& like) {
  return torch::upsample_trilinear3d(x, like.sizes().slice(2), true);
}

/// As torchvision initialises its video networks.
void initialise(nn::Module& module) {
  for (auto& part : module.modules()) {
    if (auto* c = part->as<nn::Conv3dImpl>()) {
      nn::init::kaiming_normal_(c->weight, 0, torch::kFanOut, torch::kReLU);
      if (c->bias.defined()) nn::init::zeros_(c->bias);
    }
  }
}

}  // namespace

VideoResNetOptions videoResNetOptions(const std::string& name, int64_t frames) {
  using Options = VideoResNetOptions;
  if (name == "A1")
    return {4, Options::Decoder::Deconvolution, false, false, Options::Last::Softplus, frames};
  if (name == "A2") return {4, Options::Decoder::Skips, false, false, Options::Last::Softplus, frames};
  if (name == "A3") return {1, Options::Decoder::Skips, true, false, Options::Last::Relu, frames};
  if (name == "A4") return {1, Options::Decoder::Skips, true, true, Options::Last::Relu, frames};
  if (name == "A5") return {4, Options::Decoder::Skips, true, true, Options::Last::Relu, frames};
  throw Error("Unknown network", name, "Choose one of A1, A2, A3, A4, A5.");
}

VideoResNetImpl::VideoResNetImpl(VideoResNetOptions chosen) : options(chosen) {
  stem = nn::Sequential(conv(1, 45, {1, 7, 7}, {1, 2, 2}, {0, 3, 3}), nn::BatchNorm3d(45), nn::ReLU(),
                        conv(45, 64, {3, 1, 1}, 1, {1, 0, 0}), nn::BatchNorm3d(64), nn::ReLU());
  int64_t channels = 64, time = options.frames;
  for (int64_t level = 0; level < options.layers; ++level) {
    const int64_t width = int64_t{64} << level, stride = level == 0 ? 1 : 2;
    layers->push_back(nn::Sequential(BasicBlock(channels, width, stride), BasicBlock(width, width, 1)));
    channels = width;
    if (level > 0) time = (time + 1) / 2;
    if (options.heads) heads->push_back(conv(width, 1, {time, 1, 1}, 1, 0, true));
  }
  if (options.decoder == VideoResNetOptions::Decoder::Deconvolution) {
    deconv->push_back(deconvolution(512, 256, 2, 2));
    deconv->push_back(deconvolution(256, 128, {1, 2, 2}, 2));
    deconv->push_back(deconvolution(128, 64, 2, 2));
    deconv->push_back(deconvolution(64, 1, {1, 2, 2}, {1, 2, 2}));
  } else {
    for (; channels > 64; channels /= 2)
      up->push_back(doubleConv(channels + channels / 2, channels / 2, options.normalise));
    up->push_back(doubleConv(channels + 1, 1, options.normalise));
  }
  register_module("stem", stem);
  register_module("layers", layers);
  if (!deconv->is_empty()) register_module("deconv", deconv);
  if (!up->is_empty()) register_module("up", up);
  if (!heads->is_empty()) register_module("heads", heads);
  initialise(*stem);
  initialise(*layers);
}

VideoMaps VideoResNetImpl::maps(const torch::Tensor& video) {
  std::vector<torch::Tensor> skips{video};  // 1 × 30 × 128²
  VideoMaps result;
  auto x = stem->forward(video);  // 64 × 30 × 64²
  for (std::size_t level = 0; level < layers->size(); ++level) {
    x = layers->at<nn::SequentialImpl>(level).forward(
        x);  // 64 × 30 × 64², 128 × 15 × 32², 256 × 8 × 16², 512 × 4 × 8²
    skips.push_back(x);
    if (options.heads) result.coarse.push_back(heads->at<nn::Conv3dImpl>(level).forward(x).squeeze(2));
  }
  for (std::size_t level = 0; level < deconv->size(); ++level)
    x = deconv->at<nn::ConvTranspose3dImpl>(level).forward(x);
  for (std::size_t level = 0; level < up->size(); ++level) {
    const auto& skip = skips[skips.size() - 2 - level];
    x = up->at<nn::SequentialImpl>(level).forward(torch::cat({enlarged(x, skip), skip}, 1));
  }
  result.beforeLast = x.mean(2);
  result.map = options.last == VideoResNetOptions::Last::Relu
                   ? result.beforeLast.relu()
                   : torch::softplus(result.beforeLast, 10.0, 20.0);
  return result;
}

EventMapNetImpl::EventMapNetImpl(int64_t frames, int64_t width)
    : sum(nn::Conv2dOptions(frames, 1, 1).bias(false)),
      gather(nn::Conv2dOptions(frames, width, 1)),
      mix(nn::Conv2dOptions(width, width, 3).padding(1)),
      correct(nn::Conv2dOptions(width, 1, 3).padding(1)) {
  register_module("sum", sum);
  register_module("gather", gather);
  register_module("mix", mix);
  register_module("correct", correct);
}

torch::Tensor EventMapNetImpl::forward(const torch::Tensor& video) {
  return sum(video) + correct(mix(gather(video).relu()).relu());
}

}  // namespace fw
