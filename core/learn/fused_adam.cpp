#include "core/learn/fused_adam.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "core/base/fast_loop.h"
#include "core/learn/optimizer_state.h"

namespace fw {
namespace {

namespace optim = torch::optim;

bool fits(const torch::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat && tensor.is_non_overlapping_and_dense();
}

/// With its numbers in the same order in memory as those of `other`; the same tensor where they are already.
torch::Tensor laidOutAs(const torch::Tensor& other, const torch::Tensor& tensor) {
  for (int64_t i = 0; i < tensor.dim(); ++i)
    if (tensor.size(i) > 1 && tensor.stride(i) != other.stride(i))
      return torch::empty_like(other).copy_(tensor);
  return tensor;
}

template <class Options>
bool fits(optim::Optimizer& optimizer) {
  for (auto& group : optimizer.param_groups()) {
    if (static_cast<Options&>(group.options()).amsgrad()) return false;
    for (const auto& parameter : group.params())
      if (!fits(parameter) ||
          (parameter.grad().defined() && (!fits(parameter.grad()) || parameter.grad().is_sparse())))
        return false;
  }
  return true;
}

struct Rates {
  float mean, square;   ///< β₁, β₂
  float rate, epsilon;  ///< of the step, its bias corrected
  float correction;     ///< 1 / √(1 − β₂ᵗ)
  float shrink, decay;  ///< of the weight itself, and added to the gradient
};

FW_FAST_LOOP void update(float* weight, const float* gradient, float* mean, float* square, int64_t from,
                         int64_t to, Rates r) {
  for (int64_t i = from; i < to; ++i) {
    const float w = weight[i] * r.shrink;
    const float g = gradient[i] + r.decay * w;
    mean[i] = r.mean * mean[i] + (1 - r.mean) * g;
    square[i] = r.square * square[i] + (1 - r.square) * g * g;
    weight[i] = w - r.rate * mean[i] / (std::sqrt(square[i]) * r.correction + r.epsilon);
  }
}

template <class State, class Options>
void stepAll(optim::Optimizer& optimizer, bool decoupled) {
  constexpr int64_t kGrain = 1 << 15;
  const torch::NoGradGuard noGrad;
  for (auto& group : optimizer.param_groups()) {
    const auto& options = static_cast<const Options&>(group.options());
    const auto [beta1, beta2] = options.betas();
    for (auto& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      auto& states = optimizer.state();
      auto& kept = states[stateKey(states, parameter)];
      if (!kept) {
        auto fresh = std::make_unique<State>();
        fresh->step(0);
        fresh->exp_avg(torch::zeros_like(parameter));
        fresh->exp_avg_sq(torch::zeros_like(parameter));
        kept = std::move(fresh);
      }
      auto& state = static_cast<State&>(*kept);
      state.step(state.step() + 1);
      const auto time = static_cast<double>(state.step());
      const double decay = options.weight_decay();
      const Rates rates{static_cast<float>(beta1),
                        static_cast<float>(beta2),
                        static_cast<float>(options.lr() / (1 - std::pow(beta1, time))),
                        static_cast<float>(options.eps()),
                        static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, time))),
                        decoupled ? static_cast<float>(1 - options.lr() * decay) : 1.0F,
                        decoupled ? 0.0F : static_cast<float>(decay)};
      // A checkpoint keeps them in the order of a file.
      state.exp_avg(laidOutAs(parameter, state.exp_avg()));
      state.exp_avg_sq(laidOutAs(parameter, state.exp_avg_sq()));
      const auto slope = laidOutAs(parameter, parameter.grad());
      float* weight = parameter.data_ptr<float>();
      const float* gradient = slope.data_ptr<float>();
      float* mean = state.exp_avg().template data_ptr<float>();
      float* square = state.exp_avg_sq().template data_ptr<float>();
      at::parallel_for(0, parameter.numel(), kGrain, [&](int64_t from, int64_t to) {
        update(weight, gradient, mean, square, from, to, rates);
      });
    }
  }
}

}  // namespace

torch::Tensor FusedAdam::step(LossClosure closure) {
  if (closure || !fits<optim::AdamOptions>(*this)) return Adam::step(std::move(closure));
  stepAll<optim::AdamParamState, optim::AdamOptions>(*this, /*decoupled=*/false);
  return {};
}

torch::Tensor FusedAdamW::step(LossClosure closure) {
  if (closure || !fits<optim::AdamWOptions>(*this)) return AdamW::step(std::move(closure));
  stepAll<optim::AdamWParamState, optim::AdamWOptions>(*this, /*decoupled=*/true);
  return {};
}

}  // namespace fw
