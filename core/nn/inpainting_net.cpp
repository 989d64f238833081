#include "core/nn/inpainting_net.h"

#include "core/nn/conv_transpose.h"
#include "core/nn/he_initialisation.h"

namespace fw {

InpaintingNetImpl::InpaintingNetImpl(int64_t in, std::vector<int64_t> widths) {
  int64_t channels = in;
  for (const int64_t width : widths) {
    conv->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, width, 3).stride(2).padding(1)));
    channels = width;
  }
  for (std::size_t level = widths.size(); level-- > 0;) {
    const int64_t width = level > 0 ? widths[level - 1] : 1;
    deconv->push_back(
        ConvTranspose2d(torch::nn::ConvTranspose2dOptions(channels, width, 3).stride(2).padding(1)));
    channels = width;
  }
  register_module("conv", conv);
  register_module("deconv", deconv);
  initialiseForRectifiers(*this);
}

torch::Tensor InpaintingNetImpl::forward(torch::Tensor x) {
  std::vector<std::vector<int64_t>> sizes;  // 101 → 51 → 26 → 13 → 7 → 4, and back through the same
  for (std::size_t level = 0; level < conv->size(); ++level) {
    sizes.push_back({x.size(2), x.size(3)});
    x = conv->at<torch::nn::Conv2dImpl>(level).forward(x).relu();
  }
  for (std::size_t level = 0; level < deconv->size(); ++level) {
    const auto& size = sizes[sizes.size() - 1 - level];
    x = deconv->at<ConvTranspose2dImpl>(level).forwardTo(x, size);
    x = level + 1 < deconv->size() ? x.relu() : x.sigmoid();
  }
  return x;
}

}  // namespace fw
