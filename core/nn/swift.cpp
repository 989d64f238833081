#include "core/nn/swift.h"

#include <algorithm>

#include "core/nn/he_initialisation.h"

namespace fw {
namespace {

// The evidence has looked around already: what is left to decide concerns one pixel. Convolutions that see
// neighbours learned more slowly and did not get as far.
torch::nn::Conv2d pixelwise(int64_t in, int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1));
}

/// Weights stay float32 for the optimizer; the arithmetic follows the input.
torch::Tensor convolved(const torch::nn::Conv2d& layer, const torch::Tensor& x) {
  return torch::conv2d(x, layer->weight.to(x.scalar_type()), layer->bias.to(x.scalar_type()));
}

}  // namespace

SwiftPartImpl::SwiftPartImpl(int64_t width) {
  enter = register_module("enter", pixelwise(kSwiftView, width));
  inner = register_module("inner", pixelwise(width, width));
  head = register_module("head", pixelwise(width, kSwiftGuesses));
  initialiseForRectifiers(*this);
  torch::NoGradGuard noGrad;  // training begins at the classical result
  head->weight.zero_();
  head->bias.zero_();
}

torch::Tensor SwiftPartImpl::forward(const torch::Tensor& view, torch::ScalarType type) {
  auto x = view.to(view.options().dtype(type), false, false, torch::MemoryFormat::ChannelsLast);
  x = torch::leaky_relu(convolved(enter, x), 0.1);
  x = torch::leaky_relu(convolved(inner, x), 0.1);
  return swiftSharesOf(view, convolved(head, x).to(torch::kFloat32));
}

SwiftNetImpl::SwiftNetImpl(int64_t channels) : width(channels) {
  around = register_module("around", SwiftPart(width));
  alone = register_module("alone", SwiftPart(width));
}

SwiftPart& SwiftNetImpl::partFor(const torch::Tensor& view) {
  const bool known = view.select(1, kSwiftBeyondFirst).max().item<float>() > 0 ||
                     view.select(1, kSwiftBeyondSecond).max().item<float>() > 0;
  return known ? around : alone;
}

torch::Tensor SwiftNetImpl::forward(const torch::Tensor& view, torch::ScalarType type) {
  std::vector<torch::Tensor> shares;
  for (const auto& frame : view.split(1)) shares.push_back(partFor(frame)->forward(frame, type));
  return torch::cat(shares);
}

torch::Tensor swiftSharesOf(const torch::Tensor& view, const torch::Tensor& answer) {
  constexpr double kLeastShare = 1e-3;  // a guess that classical rules exclude can still be chosen
  constexpr double kFarthest = 20;      // e to this is still a number among others
  const auto weight =
      swiftClassicalShares(view).clamp_min(kLeastShare) * answer.clamp(-kFarthest, kFarthest).exp();
  return weight / weight.sum(1, true);
}

int64_t swiftWidthOf(const std::map<std::string, torch::Tensor>& weights) {
  constexpr int64_t kUsual = 48, kMost = 1024;  // a made-up file must not ask for the moon
  const auto found = weights.find("around.enter.weight");
  if (found == weights.end() || found->second.dim() == 0) return kUsual;
  return std::clamp<int64_t>(found->second.size(0), 1, kMost);
}

torch::Tensor swiftClassicalShares(const torch::Tensor& view) {
  const auto known = view.slice(1, kSwiftFirstShare, kSwiftFirstShare + kSwiftClassical);
  const auto fade = 1.0 - known.sum(1, true);
  const auto half = known / 2, nothing = torch::zeros_like(fade);
  return torch::cat({half, half, nothing.expand({-1, kSwiftMoved - 2 * kSwiftClassical, -1, -1}), fade}, 1);
}

}  // namespace fw
