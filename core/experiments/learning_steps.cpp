#include "core/experiments/learning_steps.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "core/base/loaded.h"
#include "core/nn/tensor_image.h"

namespace fw {
namespace {

cv::Mat shown(const torch::Tensor& picture, double low, double high) {
  return toImage((picture.detach() - low) / (high - low));
}

}  // namespace

int64_t parameterCount(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

void place(torch::nn::Module& module, const torch::Device& device) {
  // With so few channels oneDNN's threads wait longer for each other than they compute.
  constexpr int64_t kNarrow = 16;
  module.to(device);
  const auto parameters = module.parameters();
  const bool wide = std::ranges::any_of(
      parameters, [](const auto& p) { return p.dim() == 4 && std::max(p.size(0), p.size(1)) > kNarrow; });
  if (!device.is_cpu() || !wide) return;
  const torch::NoGradGuard noGradients;
  // A weight of 1 × 1 is the same in both orders and would only have its input reordered.
  for (auto parameter : parameters)
    if (parameter.dim() == 4 && parameter.size(2) * parameter.size(3) > 1)
      parameter.set_data(parameter.to(parameter.options(), /*non_blocking=*/false, /*copy=*/false,
                                      at::MemoryFormat::ChannelsLast));
}

double descend(torch::optim::Optimizer& optimizer, const torch::Tensor& loss) {
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
  return loss.item<double>();
}

Helper::Helper()
    : thread_([this](std::stop_token stop) {
        at::get_num_threads();  // so that LibTorch does not set this thread up later
        // LibTorch can set threads for the whole process only; OpenMP, which it uses, for the calling thread.
        if (auto* set = loaded<void(int)>("omp_set_num_threads")) set(1);
        while (auto work = work_.pop(stop)) (*work)();
      }) {}

std::future<void> Helper::start(std::function<void()> work) {
  std::packaged_task<void()> task(std::move(work));
  auto done = task.get_future();
  work_.push(std::move(task), thread_.get_stop_token());
  return done;
}

RateDecayImpl::RateDecayImpl() : steps(register_buffer("steps", torch::zeros({}, torch::kLong))) {}

void RateDecayImpl::step(const std::vector<torch::optim::Optimizer*>& optimizers, int64_t until) {
  const auto done = steps.item<int64_t>();
  steps += 1;
  if (until <= 0 || done >= until) return;
  const auto share = [&](int64_t step) {
    return 0.01 +
           0.99 * 0.5 *
               (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(until)));
  };
  for (auto* optimizer : optimizers)
    for (auto& group : optimizer->param_groups())
      group.options().set_lr(group.options().get_lr() * share(done + 1) / share(done));
}

torch::Tensor drawIndices(Random& random, int64_t below, int64_t count) {
  auto indices = torch::empty({count}, torch::kLong);
  auto* index = indices.data_ptr<int64_t>();
  for (int64_t i = 0; i < count; ++i) index[i] = random.integer(0, below - 1);
  return indices;
}

torch::Tensor drawNormal(Random& random, torch::IntArrayRef shape, const torch::Device& device) {
  auto generator = torch::make_generator<torch::CPUGeneratorImpl>(random.bits());
  return torch::randn(shape, generator, torch::kFloat).to(device);
}

torch::Tensor drawUniform(Random& random, torch::IntArrayRef shape, const torch::Device& device) {
  auto generator = torch::make_generator<torch::CPUGeneratorImpl>(random.bits());
  return torch::rand(shape, generator, torch::kFloat).to(device);
}

GalleryFrame tensorFrame(std::string label, FrameRole role, const torch::Tensor& picture, double low,
                         double high) {
  return {std::move(label), role, shown(picture, low, high), {}, low, high};
}

GalleryFrame tensorAnimation(std::string label, FrameRole role, const torch::Tensor& pictures, double low,
                             double high) {
  GalleryFrame frame{std::move(label), role, {}, {}, low, high};
  for (int64_t i = 0; i < pictures.size(0); ++i) frame.animation.push_back(shown(pictures[i], low, high));
  frame.image = frame.animation.back();
  return frame;
}

double meanPsnr(const torch::Tensor& prediction, const torch::Tensor& target) {
  const auto error = (prediction - target).square().flatten(1).mean(1).clamp_min(1e-10);
  return (-10.0 * torch::log10(error)).mean().item<double>();
}

std::string shortNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

}  // namespace fw
