#include "core/nn/glow_unet.h"

namespace fw {
namespace nn = torch::nn;
namespace {

constexpr int64_t kContextWidth = 32;
constexpr double kLargestLogScale =
    0.7;  // a coupling at most doubles or halves: the inverse stays exact in 32 bit

torch::Tensor squeezed(const torch::Tensor& x) { return torch::pixel_unshuffle(x, 2); }
torch::Tensor unsqueezed(const torch::Tensor& x) { return torch::pixel_shuffle(x, 2); }

nn::Conv2d conv(int64_t in, int64_t out, int64_t kernel, int64_t stride = 1) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).padding(kernel / 2).stride(stride));
}

/// One step of flow: scale and shift of each channel, a rotation of the channels, an affine coupling.
struct FlowStepImpl : nn::Module {
  FlowStepImpl(int64_t channels, int64_t context, int64_t width)
      : logScale(register_parameter("log_scale", torch::zeros({1, channels, 1, 1}))),
        shift(register_parameter("shift", torch::zeros({1, channels, 1, 1}))),
        mixing(register_parameter("mixing", rotation(channels))),
        in(register_module("in", conv(channels / 2 + context, width, 3))),
        middle(register_module("middle", conv(width, width, 1))),
        out(register_module("out", conv(width, channels, 3))) {
    torch::NoGradGuard noGrad;
    out->weight.zero_();
    out->bias.zero_();
  }

  torch::Tensor forward(torch::Tensor x, const torch::Tensor& context, torch::Tensor& logDeterminant) {
    const auto pixels = static_cast<double>(x.size(2) * x.size(3));
    x = (x + shift) * logScale.exp();
    x = torch::conv2d(x, mixing.view({x.size(1), x.size(1), 1, 1}));
    logDeterminant = logDeterminant + pixels * (logScale.sum() + std::get<1>(torch::slogdet(mixing)));
    const auto halves = x.chunk(2, 1);
    const auto [logFactor, offset] = coupling(halves[0], context);
    logDeterminant = logDeterminant + logFactor.sum({1, 2, 3});
    return torch::cat({halves[0], (halves[1] + offset) * logFactor.exp()}, 1);
  }

  torch::Tensor inverse(torch::Tensor x, const torch::Tensor& context) {
    const auto halves = x.chunk(2, 1);
    const auto [logFactor, offset] = coupling(halves[0], context);
    x = torch::cat({halves[0], halves[1] * (-logFactor).exp() - offset}, 1);
    x = torch::conv2d(x, mixing.inverse().view({x.size(1), x.size(1), 1, 1}));
    return x * (-logScale).exp() - shift;
  }

  torch::Tensor logScale, shift, mixing;
  nn::Conv2d in, middle, out;

 private:
  static torch::Tensor rotation(int64_t channels) {
    return std::get<0>(torch::linalg_qr(torch::randn({channels, channels})));
  }

  std::pair<torch::Tensor, torch::Tensor> coupling(const torch::Tensor& half, const torch::Tensor& context) {
    const auto input = context.defined() ? torch::cat({half, context}, 1) : half;
    const auto said = out(middle(in(input).relu()).relu()).chunk(2, 1);
    return {kLargestLogScale * said[0].tanh(), said[1]};
  }
};
TORCH_MODULE(FlowStep);

}  // namespace

GlowUNetImpl::GlowUNetImpl(GlowUNetOptions chosen) : options(chosen) {
  int64_t channels = 3;
  for (int64_t level = 0; level < options.levels; ++level) {
    channels *= 4;
    for (int64_t step = 0; step < options.steps; ++step)
      flows->push_back(FlowStep(channels, options.told > 0 ? kContextWidth : 0, options.width));
    channels /= 2;
  }
  register_module("flows", flows);
  if (options.told == 0) return;
  for (int64_t level = 0; level < options.levels; ++level) {
    context->push_back(
        conv(level == 0 ? 4 * options.told + 1 : kContextWidth, kContextWidth, 3, level == 0 ? 1 : 2));
    context->push_back(conv(kContextWidth, kContextWidth, 3));
  }
  register_module("context", context);
}

std::vector<torch::Tensor> GlowUNetImpl::contextOf(const torch::Tensor& told, const torch::Tensor& times) {
  std::vector<torch::Tensor> levels(static_cast<std::size_t>(options.levels));
  if (options.told == 0) return levels;
  const auto frames = squeezed(told - 0.5).repeat({times.size(0) / told.size(0), 1, 1, 1});
  const auto when = (2.0 * times - 1.0).view({-1, 1, 1, 1}).expand({-1, 1, frames.size(2), frames.size(3)});
  auto x = torch::cat({frames, when}, 1);
  for (std::size_t level = 0; level < levels.size(); ++level) {
    x = context->at<nn::Conv2dImpl>(2 * level).forward(x).relu();
    x = levels[level] = context->at<nn::Conv2dImpl>(2 * level + 1).forward(x).relu();
  }
  for (std::size_t level = levels.size() - 1;
       level-- > 0;)  // what is seen from far away also counts close by
    levels[level] =
        levels[level] + torch::upsample_bilinear2d(levels[level + 1], levels[level].sizes().slice(2), false);
  return levels;
}

GlowCode GlowUNetImpl::encode(const torch::Tensor& pictures, const torch::Tensor& told,
                              const torch::Tensor& times) {
  const auto contexts = contextOf(told, times);
  GlowCode code{{}, torch::zeros({pictures.size(0)}, pictures.options())};
  auto x = pictures - 0.5;
  for (int64_t level = 0; level < options.levels; ++level) {
    x = squeezed(x);  // 12 × H/2 × W/2, 24 × H/4 × W/4, 48 × H/8 × W/8
    for (int64_t step = 0; step < options.steps; ++step)
      x = flows->at<FlowStepImpl>(static_cast<std::size_t>(level * options.steps + step))
              .forward(x, contexts[static_cast<std::size_t>(level)], code.logDeterminant);
    if (level + 1 == options.levels) break;
    const auto halves = x.chunk(2, 1);
    code.levels.push_back(halves[0]);
    x = halves[1];
  }
  code.levels.push_back(x);
  return code;
}

torch::Tensor GlowUNetImpl::decode(const std::vector<torch::Tensor>& levels, const torch::Tensor& told,
                                   const torch::Tensor& times) {
  const auto contexts = contextOf(told, times);
  auto x = levels.back();
  for (int64_t level = options.levels; level-- > 0;) {
    if (level + 1 < options.levels) x = torch::cat({levels[static_cast<std::size_t>(level)], x}, 1);
    for (int64_t step = options.steps; step-- > 0;)
      x = flows->at<FlowStepImpl>(static_cast<std::size_t>(level * options.steps + step))
              .inverse(x, contexts[static_cast<std::size_t>(level)]);
    x = unsqueezed(x);
  }
  return x + 0.5;
}

torch::Tensor GlowUNetImpl::forward(const torch::Tensor& told) {
  const auto start = torch::zeros({told.size(0)}, told.options()), end = torch::ones_like(start);
  const auto code =
      encode(torch::cat({told.slice(1, 0, 3), told.slice(1, 3, 6)}), told, torch::cat({start, end}));
  std::vector<torch::Tensor> average;
  for (const auto& level : code.levels) {
    const auto both = level.chunk(2);
    average.push_back(0.5 * (both[0] + both[1]));
  }
  return decode(average, told, 0.5 * end);
}

}  // namespace fw
