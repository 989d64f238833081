#include "core/nn/swift.h"

#include <algorithm>

#include "core/nn/he_initialisation.h"

namespace fw {
namespace {

constexpr double kLeastShare = 1e-3;  // a guess that classical rules exclude can still be chosen

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

SwiftNetImpl::SwiftNetImpl(int64_t channels) : width(channels) {
  enter = register_module("enter", pixelwise(kSwiftView, width));
  inner = register_module("inner", pixelwise(width, width));
  head = register_module("head", pixelwise(width, kSwiftGuesses));
  initialiseForRectifiers(*this);
  torch::NoGradGuard noGrad;  // training begins at the classical result
  head->weight.zero_();
  head->bias.zero_();
}

torch::Tensor SwiftNetImpl::forward(const torch::Tensor& view, torch::ScalarType type) {
  auto x = view.to(view.options().dtype(type), false, false, torch::MemoryFormat::ChannelsLast);
  x = torch::leaky_relu(convolved(enter, x), 0.1);
  x = torch::leaky_relu(convolved(inner, x), 0.1);
  const auto change = convolved(head, x).to(torch::kFloat32);
  return torch::softmax(torch::log(swiftClassicalShares(view).clamp_min(kLeastShare)) + change, 1);
}

int64_t swiftWidthOf(const std::map<std::string, torch::Tensor>& weights) {
  constexpr int64_t kUsual = 32, kMost = 1024;  // a made-up file must not ask for the moon
  const auto found = weights.find("enter.weight");
  if (found == weights.end() || found->second.dim() == 0) return kUsual;
  return std::clamp<int64_t>(found->second.size(0), 1, kMost);
}

torch::Tensor swiftClassicalShares(const torch::Tensor& view) {
  const auto moved = view.slice(1, kSwiftFirstShare, kSwiftFirstShare + kSwiftMoved);
  return torch::cat({moved, 1.0 - moved.sum(1, true)}, 1);
}

}  // namespace fw
