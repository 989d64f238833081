#include "core/nn/norm_relu.h"

#include <ATen/Parallel.h>

#include "core/base/fast_loop.h"

namespace fw {
namespace {

constexpr int64_t kBlock = 256;  // pixels whose sums are taken together, so that threads never change a sum

struct Pixels {
  int64_t count, channels;
  int64_t blocks() const { return (count + kBlock - 1) / kBlock; }
};

/// Of the pixels [from, to): Σ(x − about) and Σ(x − about)², a number a channel.
FW_FAST_LOOP void addUp(const float* x, const float* about, int64_t from, int64_t to, int64_t channels,
                        float* sum, float* squares) {
  for (int64_t pixel = from; pixel < to; ++pixel) {
    const float* at = x + pixel * channels;
    for (int64_t c = 0; c < channels; ++c) {
      const float away = at[c] - about[c];
      sum[c] += away;
      squares[c] += away * away;
    }
  }
}

FW_FAST_LOOP void scaleAndRectify(const float* x, const float* scale, const float* shift, int64_t from,
                                  int64_t to, int64_t channels, float* y) {
  for (int64_t pixel = from; pixel < to; ++pixel) {
    const float* at = x + pixel * channels;
    float* out = y + pixel * channels;
    for (int64_t c = 0; c < channels; ++c) {
      const float value = at[c] * scale[c] + shift[c];
      out[c] = value > 0 ? value : 0;
    }
  }
}

/// Of the gradient where the output was above 0: its sum, and its sum times (x − mean).
FW_FAST_LOOP void addUpGradients(const float* x, const float* y, const float* gradient, const float* mean,
                                 int64_t from, int64_t to, int64_t channels, float* sum, float* product) {
  for (int64_t pixel = from; pixel < to; ++pixel) {
    const int64_t first = pixel * channels;
    for (int64_t c = 0; c < channels; ++c) {
      const float g = y[first + c] > 0 ? gradient[first + c] : 0;
      sum[c] += g;
      product[c] += g * (x[first + c] - mean[c]);
    }
  }
}

/// scale·g − slope·x + shift.
FW_FAST_LOOP void leadBack(const float* x, const float* y, const float* gradient, const float* scale,
                           const float* slope, const float* shift, int64_t from, int64_t to, int64_t channels,
                           float* out) {
  for (int64_t pixel = from; pixel < to; ++pixel) {
    const int64_t first = pixel * channels;
    for (int64_t c = 0; c < channels; ++c) {
      const float g = y[first + c] > 0 ? gradient[first + c] : 0;
      out[first + c] = scale[c] * g - slope[c] * x[first + c] + shift[c];
    }
  }
}

/// Two sums a channel over all pixels, of what `add` adds up over a block of them.
template <class Add>
std::pair<torch::Tensor, torch::Tensor> sums(Pixels pixels, Add add) {
  const auto parts = torch::zeros({2, pixels.blocks(), pixels.channels});
  auto* first = parts.data_ptr<float>();
  auto* second = first + pixels.blocks() * pixels.channels;
  at::parallel_for(0, pixels.blocks(), 16, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block)
      add(block * kBlock, std::min(pixels.count, (block + 1) * kBlock), first + block * pixels.channels,
          second + block * pixels.channels);
  });
  const auto whole = parts.to(torch::kDouble).sum(1);
  return {whole[0], whole[1]};
}

template <class Do>
void overPixels(Pixels pixels, Do work) {
  at::parallel_for(0, pixels.count, 16 * kBlock, work);
}

Pixels pixelsOf(const torch::Tensor& x) { return {x.size(0) * x.size(2) * x.size(3), x.size(1)}; }

torch::Tensor single(const torch::Tensor& numbers) { return numbers.to(torch::kFloat).contiguous(); }

struct NormRelu : torch::autograd::Function<NormRelu> {
  /// Also gives the mean and the variance of the batch.
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                const torch::Tensor& x, const torch::Tensor& weight,
                                                const torch::Tensor& bias, double epsilon) {
    const auto pixels = pixelsOf(x);
    const auto* from = x.data_ptr<float>();
    // About the first pixel: a variance must not be the small difference of two large numbers.
    const auto about = torch::from_blob(const_cast<float*>(from), {pixels.channels}).clone();
    const auto [sum, squares] = sums(pixels, [&](int64_t begin, int64_t end, float* first, float* second) {
      addUp(from, about.data_ptr<float>(), begin, end, pixels.channels, first, second);
    });
    const auto count = static_cast<double>(pixels.count);
    const auto away = sum / count;
    const auto mean = about.to(torch::kDouble) + away;
    const auto variance = (squares / count - away.square()).clamp_min(0);
    const auto inverse = (variance + epsilon).rsqrt();
    const auto scale = single(weight * inverse), shift = single(bias - mean * weight * inverse);
    auto y = torch::empty_like(x);
    overPixels(pixels, [&](int64_t begin, int64_t end) {
      scaleAndRectify(from, scale.data_ptr<float>(), shift.data_ptr<float>(), begin, end, pixels.channels,
                      y.data_ptr<float>());
    });
    context->save_for_backward({x, y, weight, mean, inverse});
    auto said = single(mean), spread = single(variance);
    context->mark_non_differentiable({said, spread});
    return {y, said, spread};
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& given) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &y = saved[1], &weight = saved[2], &mean = saved[3], &inverse = saved[4];
    const auto gradient = given[0].contiguous(at::MemoryFormat::ChannelsLast);
    const auto pixels = pixelsOf(x);
    const auto *inputs = x.data_ptr<float>(), *outputs = y.data_ptr<float>(),
               *gradients = gradient.data_ptr<float>();
    const auto middle = single(mean);
    const auto [sum, product] = sums(pixels, [&](int64_t begin, int64_t end, float* first, float* second) {
      addUpGradients(inputs, outputs, gradients, middle.data_ptr<float>(), begin, end, pixels.channels, first,
                     second);
    });
    // dx = w/σ · (g − mean(g) − (x − μ)/σ² · mean(g·(x − μ)))
    const auto count = static_cast<double>(pixels.count);
    const auto scale = weight * inverse;
    const auto slope = scale * inverse.square() * product / count;
    const auto factor = single(scale), fall = single(slope),
               shift = single(slope * mean - scale * sum / count);
    auto ofInput = torch::empty_like(x);
    overPixels(pixels, [&](int64_t begin, int64_t end) {
      leadBack(inputs, outputs, gradients, factor.data_ptr<float>(), fall.data_ptr<float>(),
               shift.data_ptr<float>(), begin, end, pixels.channels, ofInput.data_ptr<float>());
    });
    return {ofInput, single(product * inverse), single(sum), {}};
  }
};

}  // namespace

torch::Tensor normalisedAndRectified(torch::nn::BatchNorm2d& norm, const torch::Tensor& x) {
  const bool beside = x.is_cpu() && x.scalar_type() == torch::kFloat && x.dim() == 4 && x.size(1) > 1 &&
                      x.is_contiguous(at::MemoryFormat::ChannelsLast);
  const auto momentum = norm->options.momentum();
  if (!beside || !norm->is_training() || !at::GradMode::is_enabled() || !norm->weight.defined() ||
      !momentum || !norm->running_mean.defined())
    return norm->forward(x).relu();
  const auto made = NormRelu::apply(x, norm->weight, norm->bias, norm->options.eps());
  const torch::NoGradGuard noGradients;
  const auto count = static_cast<double>(x.numel() / x.size(1));
  norm->num_batches_tracked += 1;
  norm->running_mean.mul_(1 - *momentum).add_(made[1], *momentum);
  norm->running_var.mul_(1 - *momentum).add_(made[2], *momentum * count / std::max(1.0, count - 1));
  return made[0];
}

}  // namespace fw
