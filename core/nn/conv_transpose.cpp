#include "core/nn/conv_transpose.h"

namespace fw {
namespace {

using Sizes = std::vector<int64_t>;

/// Of the convolution that leads back from the output to the input.
struct Back {
  Sizes stride, padding, size;  ///< size: of the output
};

std::tuple<torch::Tensor, torch::Tensor, torch::Tensor> gradients(const torch::Tensor& ofOutput,
                                                                  const torch::Tensor& input,
                                                                  const torch::Tensor& weight,
                                                                  const Back& back,
                                                                  std::array<bool, 3> wanted) {
  return at::convolution_backward(ofOutput, input, weight, at::OptionalIntArrayRef(), back.stride,
                                  back.padding, {1, 1}, /*transposed=*/false, {0, 0}, /*groups=*/1, wanted);
}

torch::Tensor spread(const torch::Tensor& x, const torch::Tensor& weight, const Back& back) {
  const bool beside = x.suggest_memory_format() == at::MemoryFormat::ChannelsLast ||
                      weight.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
  // Only its shape and its format matter.
  const auto input = torch::empty({x.size(0), weight.size(1), back.size[0], back.size[1]}, x.options(),
                                  beside ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
  return std::get<0>(gradients(x, input, weight, back, {true, false, false}));
}

struct Spread : torch::autograd::Function<Spread> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, const Sizes& stride, const Sizes& padding,
                               const Sizes& size) {
    context->save_for_backward({x, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->saved_data["input"] = x.requires_grad();
    return spread(x, weight, {stride, padding, size});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& given) {
    const auto saved = context->get_saved_variables();
    const auto& x = saved[0];
    const auto& weight = saved[1];
    const Back back{
        context->saved_data["stride"].toIntVector(), context->saved_data["padding"].toIntVector(), {}};
    torch::Tensor ofInput;
    if (context->saved_data["input"].toBool())
      ofInput = torch::conv2d(given[0], weight, {}, back.stride, back.padding);
    const auto ofWeight = std::get<1>(gradients(x, given[0], weight, back, {false, true, false}));
    return {ofInput, ofWeight, {}, {}, {}};
  }
};

Sizes vectorOf(const torch::ExpandingArray<2>& values) { return {values->begin(), values->end()}; }

}  // namespace

torch::Tensor ConvTranspose2dImpl::forward(const torch::Tensor& x) {
  const auto padding = vectorOf(get<torch::ExpandingArray<2>>(options.padding()));
  Sizes size;
  for (std::size_t i = 0; i < 2; ++i)
    size.push_back((x.size(static_cast<int64_t>(2 + i)) - 1) * options.stride()->at(i) - 2 * padding[i] +
                   options.dilation()->at(i) * (options.kernel_size()->at(i) - 1) +
                   options.output_padding()->at(i) + 1);
  return forwardTo(x, size);
}

torch::Tensor ConvTranspose2dImpl::forwardTo(const torch::Tensor& x, at::IntArrayRef size) {
  const bool fits = x.is_cpu() && x.scalar_type() == torch::kFloat && options.groups() == 1 &&
                    vectorOf(options.dilation()) == Sizes{1, 1};
  const bool recorded = at::GradMode::is_enabled();
  if (!fits || (recorded && !is_training())) return torch::nn::ConvTranspose2dImpl::forward(x, size);
  const Back back{vectorOf(options.stride()), vectorOf(get<torch::ExpandingArray<2>>(options.padding())),
                  size.vec()};
  auto made =
      recorded ? Spread::apply(x, weight, back.stride, back.padding, back.size) : spread(x, weight, back);
  return bias.defined() ? made.add_(bias.view({1, -1, 1, 1})) : made;
}

}  // namespace fw
