#include "core/nn/swift.h"

#include <algorithm>

namespace fw {
namespace {

namespace F = torch::nn::functional;

constexpr int64_t kGrid = 8;          // the smallest maps are at 1/8
constexpr double kLeastShare = 1e-3;  // a guess that classical rules exclude can still be chosen
constexpr double kShiftUnit = 4.0;    // numbers around one to pixels
constexpr int64_t kShares = 4 * kSwiftGuesses,
                  kShifts = 2 * kSwiftMoved;  // what the head says: 2×2 shares, one shift

torch::nn::Conv2d conv(int64_t in, int64_t out, int64_t stride = 1, int64_t kernel = 3) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2));
}

/// Weights stay float32 for the optimizer; the arithmetic follows the input.
torch::Tensor convolved(torch::nn::Conv2d& layer, const torch::Tensor& x) {
  return torch::conv2d(x, layer->weight.to(x.scalar_type()), layer->bias.to(x.scalar_type()),
                       layer->options.stride(), layer->weight.size(2) / 2);
}

torch::Tensor leaky(const torch::Tensor& x) { return torch::leaky_relu(x, 0.2); }

struct ResidualStepImpl : torch::nn::Module {
  explicit ResidualStepImpl(int64_t channels) : layer(register_module("conv", conv(channels, channels))) {}
  torch::Tensor forward(const torch::Tensor& x) { return leaky(convolved(layer, x) + x); }
  torch::nn::Conv2d layer;
};
TORCH_MODULE(ResidualStep);

void addSteps(torch::nn::Sequential& group, int64_t count, int64_t channels) {
  for (int64_t i = 0; i < count; ++i) group->push_back(ResidualStep(channels));
}

}  // namespace

SwiftShape swiftShapeOf(const std::map<std::string, torch::Tensor>& weights) {
  constexpr int64_t kMost = 1024;  // a made-up file must not ask for the moon
  const auto channels = [&](const std::string& name, int64_t otherwise) {
    const auto found = weights.find(name);
    if (found == weights.end() || found->second.dim() == 0) return otherwise;
    return std::clamp<int64_t>(found->second.size(0), 1, kMost);
  };
  const auto steps = [&](const std::string& group) {
    int64_t count = 0;
    while (weights.contains(group + "." + std::to_string(count) + ".conv.weight")) ++count;
    return std::max<int64_t>(1, count);
  };
  return {channels("enter.weight", 24), channels("down1.weight", 48), channels("down2.weight", 96),
          steps("half"), steps("eighth")};
}

SwiftNetImpl::SwiftNetImpl(const SwiftShape& s) : shape(s) {
  enter = register_module("enter", conv(kSwiftView, s.half, 2));
  down1 = register_module("down1", conv(s.half, s.quarter, 2));
  down2 = register_module("down2", conv(s.quarter, s.eighth, 2));
  up2 = register_module("up2", conv(s.eighth, 4 * s.quarter, 1, 1));
  up1 = register_module("up1", conv(s.quarter, 4 * s.half, 1, 1));
  head = register_module("head", conv(s.half, kShares + kShifts));
  addSteps(half, s.blocks, s.half);
  addSteps(quarter, s.blocks, s.quarter);
  addSteps(eighth, s.deepBlocks, s.eighth);
  addSteps(quarterOut, s.blocks, s.quarter);
  addSteps(halfOut, s.blocks, s.half);
  register_module("half", half);
  register_module("quarter", quarter);
  register_module("eighth", eighth);
  register_module("quarter_out", quarterOut);
  register_module("half_out", halfOut);
  torch::NoGradGuard noGrad;  // training begins at the classical result
  head->weight.zero_();
  head->bias.zero_();
}

SwiftAnswer SwiftNetImpl::forward(const torch::Tensor& view, torch::ScalarType type) {
  const auto height = view.size(2), width = view.size(3);
  auto x = view;
  if (height % kGrid != 0 || width % kGrid != 0)
    x = F::pad(x, F::PadFuncOptions({0, (kGrid - width % kGrid) % kGrid, 0, (kGrid - height % kGrid) % kGrid})
                      .mode(torch::kReplicate));
  x = x.to(x.options().dtype(type), false, false, torch::MemoryFormat::ChannelsLast);
  const auto fine = half->forward(leaky(convolved(enter, x)));          // 1/2
  const auto middle = quarter->forward(leaky(convolved(down1, fine)));  // 1/4
  x = eighth->forward(leaky(convolved(down2, middle)));                 // 1/8
  x = quarterOut->forward(leaky(torch::pixel_shuffle(convolved(up2, x), 2) + middle));
  x = halfOut->forward(leaky(torch::pixel_shuffle(convolved(up1, x), 2) + fine));
  const auto said = convolved(head, x).to(torch::kFloat32).contiguous();
  const auto cut = [&](const torch::Tensor& map) { return map.slice(2, 0, height).slice(3, 0, width); };
  const auto change = cut(torch::pixel_shuffle(said.slice(1, 0, kShares), 2));
  const auto shifts = cut(F::interpolate(said.slice(1, kShares) * kShiftUnit,
                                         F::InterpolateFuncOptions()
                                             .size(std::vector<int64_t>{2 * said.size(2), 2 * said.size(3)})
                                             .mode(torch::kBilinear)
                                             .align_corners(false)));
  const auto classical =
      view.slice(1, kSwiftFirstShare, kSwiftFirstShare + kSwiftGuesses).clamp_min(kLeastShare);
  return {torch::softmax(torch::log(classical) + change, 1), shifts};
}

}  // namespace fw
