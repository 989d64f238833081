#include "core/nn/unet.h"

#include "core/nn/conv_transpose.h"
#include "core/nn/he_initialisation.h"
#include "core/nn/norm_relu.h"

namespace fw {
namespace {

torch::nn::Conv2d conv3x3(int64_t in, int64_t out, bool normalised) {
  // A normalisation that follows brings its own bias.
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1).bias(!normalised));
}

}  // namespace

DoubleConvImpl::DoubleConvImpl(int64_t in, int64_t out, bool normalise)
    : conv1(conv3x3(in, out, normalise)), conv2(conv3x3(out, out, normalise)) {
  register_module("conv1", conv1);
  if (normalise) norm1 = register_module("norm1", torch::nn::BatchNorm2d(out));
  register_module("conv2", conv2);
  if (normalise) norm2 = register_module("norm2", torch::nn::BatchNorm2d(out));
}

torch::Tensor DoubleConvImpl::forward(torch::Tensor x) {
  x = conv1(x);
  x = norm1 ? normalisedAndRectified(norm1, x) : x.relu();
  x = conv2(x);
  return norm2 ? normalisedAndRectified(norm2, x) : x.relu();
}

UNetImpl::UNetImpl(UNetOptions options) {
  int64_t channels = options.in;
  for (const int64_t width : options.widths) {
    down->push_back(DoubleConv(channels, width, options.normalise));
    channels = width;
  }
  for (auto width = options.widths.rbegin() + 1; width != options.widths.rend(); ++width) {
    enlarge->push_back(ConvTranspose2d(torch::nn::ConvTranspose2dOptions(channels, *width, 2).stride(2)));
    up->push_back(DoubleConv(2 * *width, *width, options.normalise));
    channels = *width;
  }
  last = torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, options.out, 1));
  register_module("down", down);
  register_module("enlarge", enlarge);
  register_module("up", up);
  register_module("last", last);
  if (!options.normalise) initialiseForRectifiers(*this);
}

torch::Tensor UNetImpl::forward(torch::Tensor x) {
  const int64_t height = x.size(2), width = x.size(3);
  const int64_t multiple = int64_t{1} << (down->size() - 1);
  const int64_t below = (multiple - height % multiple) % multiple,
                right = (multiple - width % multiple) % multiple;
  if (below + right > 0) x = torch::replication_pad2d(x, {0, right, 0, below});
  std::vector<torch::Tensor> skips;
  for (std::size_t level = 0; level < down->size(); ++level) {
    if (level > 0) x = torch::max_pool2d(x, 2);
    x = down->at<DoubleConvImpl>(level).forward(x);
    skips.push_back(x);
  }
  for (std::size_t level = 0; level < up->size(); ++level) {
    x = enlarge->at<ConvTranspose2dImpl>(level).forward(x);
    x = up->at<DoubleConvImpl>(level).forward(torch::cat({skips[skips.size() - 2 - level], x}, 1));
  }
  return last(x).slice(2, 0, height).slice(3, 0, width);
}

}  // namespace fw
