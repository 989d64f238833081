#include "core/nn/swift.h"

#include "core/nn/warp.h"

namespace fw {
namespace {

namespace F = torch::nn::functional;

constexpr double kFlowUnit = 1.0 / 16.0;  // flows enter the convolutions as numbers around one
// What leaves them is in pixels, coarse steps larger; a step of the optimizer then moves nothing by much.
constexpr double kCoarseStep = 4.0, kResidualStep = 0.25;

torch::nn::Conv2d conv(int64_t in, int64_t out, int64_t stride = 1, int64_t kernel = 3) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2));
}

/// Weights stay float32 for the optimizer; the arithmetic follows the input.
torch::Tensor convolved(torch::nn::Conv2d& layer, const torch::Tensor& x) {
  return torch::conv2d(x, layer->weight.to(x.scalar_type()), layer->bias.to(x.scalar_type()),
                       layer->options.stride(), layer->weight.size(2) / 2);
}

torch::Tensor leaky(const torch::Tensor& x) { return torch::leaky_relu(x, 0.2); }

struct StepImpl : torch::nn::Module {  // convolution and activation
  StepImpl(int64_t in, int64_t out, int64_t stride) : layer(register_module("conv", conv(in, out, stride))) {}
  torch::Tensor forward(const torch::Tensor& x) { return leaky(convolved(layer, x)); }
  torch::nn::Conv2d layer;
};
TORCH_MODULE(Step);

struct ResidualStepImpl : torch::nn::Module {
  explicit ResidualStepImpl(int64_t channels) : layer(register_module("conv", conv(channels, channels))) {}
  torch::Tensor forward(const torch::Tensor& x) { return leaky(convolved(layer, x) + x); }
  torch::nn::Conv2d layer;
};
TORCH_MODULE(ResidualStep);

struct PlainImpl : torch::nn::Module {  // convolution alone
  PlainImpl(int64_t in, int64_t out) : layer(register_module("conv", conv(in, out))) {}
  torch::Tensor forward(const torch::Tensor& x) { return convolved(layer, x); }
  torch::nn::Conv2d layer;
};
TORCH_MODULE(Plain);

torch::Tensor enlarged(const torch::Tensor& x, int64_t factor) {
  return F::interpolate(x, F::InterpolateFuncOptions()
                               .size(std::vector<int64_t>{x.size(2) * factor, x.size(3) * factor})
                               .mode(torch::kBilinear)
                               .align_corners(false));
}

/// Both frames in one go: grid_sample shares its work between threads by samples only.
torch::Tensor warpBoth(const torch::Tensor& first, const torch::Tensor& second, const torch::Tensor& flow) {
  const auto warped =
      warp(torch::cat({first, second}), torch::cat({flow.slice(1, 0, 2), flow.slice(1, 2, 4)}));
  return torch::cat(warped.chunk(2), 1);
}

torch::Tensor timePlane(const torch::Tensor& time, const torch::Tensor& like) {
  return time.expand({like.size(0), 1, like.size(2), like.size(3)});
}

constexpr int64_t kHidden = 16;  // what stage 1 tells stage 2 besides the flow

}  // namespace

SwiftNetImpl::SwiftNetImpl(const SwiftShape& s) : shape(s) {
  motion = torch::nn::Sequential(Step(19, s.coarse / 2, 2), Step(s.coarse / 2, s.coarse, 2));
  for (int64_t i = 0; i < s.coarseBlocks; ++i) motion->push_back(ResidualStep(s.coarse));
  motionHead = torch::nn::Sequential(Plain(s.coarse, 4 * (4 + kHidden)));
  edge = conv(6, s.edge, 2);
  down = conv(s.edge + 7, s.fine, 2);
  for (int64_t i = 0; i < s.fineBlocks; ++i) fineIn->push_back(ResidualStep(s.fine));
  deeper = conv(s.fine, s.deep - kHidden, 2);
  for (int64_t i = 0; i < s.deepBlocks; ++i) deep->push_back(ResidualStep(s.deep));
  up = conv(s.deep, 4 * s.fine, 1, 1);
  for (int64_t i = 0; i < s.fineBlocks; ++i) fineOut->push_back(ResidualStep(s.fine));
  widen = conv(s.fine, 4 * s.edge);
  head = conv(s.edge, 4 + 4 + 12);
  register_module("motion", motion);
  register_module("motion_head", motionHead);
  register_module("edge", edge);
  register_module("down", down);
  register_module("fine_in", fineIn);
  register_module("deeper", deeper);
  register_module("deep", deep);
  register_module("up", up);
  register_module("fine_out", fineOut);
  register_module("widen", widen);
  register_module("head", head);
  // Training starts at the classical result: no correction, no preference, no residual.
  torch::NoGradGuard noGrad;
  auto& coarse = motionHead->ptr(0)->as<PlainImpl>()->layer;
  coarse->weight.slice(0, 0, 16).zero_();
  coarse->bias.zero_();
  head->weight.zero_();
  head->bias.zero_();
}

SwiftOutput SwiftNetImpl::forward(const SwiftInput& in, torch::ScalarType type) {
  const auto compute = [type](const torch::Tensor& x) {
    return x.to(x.options().dtype(type), false, false, torch::MemoryFormat::ChannelsLast);
  };
  const auto plain = [](const torch::Tensor& x) { return x.to(torch::kFloat32).contiguous(); };
  SwiftOutput out;

  // Stage 1, from pictures at 1/4: where did classical flow go wrong at large?
  const auto small0 = torch::avg_pool2d(in.first, 4), small1 = torch::avg_pool2d(in.second, 4);
  const auto flow4 = torch::avg_pool2d(in.flow, 2), reach4 = torch::avg_pool2d(in.reach, 2);
  auto x = torch::cat({small0, small1, warpBoth(small0, small1, flow4 * 0.25), flow4 * kFlowUnit, reach4,
                       timePlane(in.time, flow4)},
                      1);
  x = motionHead->forward(motion->forward(compute(x)));  // 1/16
  x = torch::pixel_shuffle(x, 2);                        // 1/8: flow 4, hidden 16
  const auto hidden = x.slice(1, 4);
  out.coarseFlow = in.flow + kCoarseStep * enlarged(plain(x.slice(1, 0, 4)), 4);

  // Stage 2, from pictures warped anew: finish the flow, choose, add.
  const auto warped = warpBoth(in.first, in.second, upsampled(out.coarseFlow));
  const auto edges = leaky(convolved(edge, compute(warped)));  // 1/2
  x = torch::cat({edges, compute(torch::cat(
                             {out.coarseFlow * kFlowUnit, in.reach, timePlane(in.time, out.coarseFlow)}, 1))},
                 1);
  const auto fine = fineIn->forward(leaky(convolved(down, x)));  // 1/4
  x = torch::cat({leaky(convolved(deeper, fine)), hidden}, 1);   // 1/8
  x = deep->forward(x);
  x = leaky(torch::pixel_shuffle(convolved(up, x), 2) + fine);  // 1/4
  x = fineOut->forward(x);
  x = leaky(torch::pixel_shuffle(convolved(widen, x), 2) + edges);  // 1/2
  x = plain(convolved(head, x));
  out.flow = out.coarseFlow + x.slice(1, 0, 4);
  const auto prior = torch::log((1.0 - in.time) / in.time);
  out.mask = torch::sigmoid(torch::pixel_shuffle(x.slice(1, 4, 8), 2) + prior);
  out.residual = kResidualStep * torch::pixel_shuffle(x.slice(1, 8, 20), 2);
  return out;
}

torch::Tensor upsampled(const torch::Tensor& flow) { return enlarged(flow, 2); }

torch::Tensor synthesise(const SwiftInput& in, const SwiftOutput& out, bool withResidual) {
  const auto warped = warpBoth(in.first, in.second, upsampled(out.flow));
  const auto blended = warped.slice(1, 3, 6) + out.mask * (warped.slice(1, 0, 3) - warped.slice(1, 3, 6));
  return withResidual ? blended + out.residual : blended;
}

SwiftInput swiftInput(const cv::Mat& first, const cv::Mat& second, const MotionPrior& prior, double time) {
  const auto planes = [](const cv::Mat& map, torch::ScalarType type) {
    const cv::Mat whole = map.isContinuous() ? map : map.clone();
    return torch::from_blob(whole.data, {1, whole.rows, whole.cols, whole.channels()}, type)
        .permute({0, 3, 1, 2})
        .to(torch::kFloat32)
        .contiguous()
        .clone();
  };
  return {planes(first, torch::kUInt8) / 255.0, planes(second, torch::kUInt8) / 255.0,
          planes(prior.flow, torch::kFloat32), planes(prior.reach, torch::kFloat32),
          torch::full({1, 1, 1, 1}, time)};
}

}  // namespace fw
