#include "core/explore/live_layers.h"

#include <torch/csrc/autograd/generated/Functions.h>

#include <cmath>
#include <cstdio>
#include <opencv2/imgproc.hpp>
#include <unordered_map>

#include "core/explore/recorded_graph.h"

namespace fw {
namespace {

namespace autograd = torch::autograd;
namespace generated = torch::autograd::generated;

constexpr int kBins = 100;
constexpr int64_t kMosaicMaps = 64;
constexpr int kMosaicSide = 48;       // pixels a map has at most in the mosaic
constexpr double kNearTheEnd = 0.01;  // of a sigmoid or tanh

std::string percent(double share) {
  char text[16];
  std::snprintf(text, sizeof text, "%.0f %%", 100 * share);
  return text;
}

std::string shortNumber(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", number);
  return text;
}

/// What a layer was given; undefined where autograd kept something else, or it was written over since.
torch::Tensor inputOf(const autograd::Node& node) try {
  if (const auto* conv = dynamic_cast<const generated::ConvolutionBackward0*>(&node))
    return conv->input_.unpack();
  if (const auto* dense = dynamic_cast<const generated::AddmmBackward0*>(&node)) return dense->mat1_.unpack();
  if (const auto* norm = dynamic_cast<const generated::NativeBatchNormBackward0*>(&node))
    return norm->input_.unpack();
  if (const auto* onGpu = dynamic_cast<const generated::CudnnBatchNormBackward0*>(&node))
    return onGpu->input_.unpack();
  return {};
} catch (const c10::Error&) {
  return {};
}

/// What it makes of that, once more; undefined for kinds we do not know.
torch::Tensor outputOf(const torch::nn::Module& module, const torch::Tensor& input) {
  auto& layer =
      const_cast<torch::nn::Module&>(module);  // forward() is not const in LibTorch; it changes nothing here
  if (auto* conv = layer.as<torch::nn::Conv2d>()) return conv->forward(input);
  if (auto* conv3 = layer.as<torch::nn::Conv3d>()) return conv3->forward(input);
  if (auto* up = layer.as<torch::nn::ConvTranspose2d>()) return up->forward(input);
  if (auto* up3 = layer.as<torch::nn::ConvTranspose3d>()) return up3->forward(input);
  if (auto* dense = layer.as<torch::nn::Linear>()) return dense->forward(input);
  if (auto* norm = layer.as<torch::nn::BatchNorm2d>()) return norm->forward(input);
  if (auto* norm3 = layer.as<torch::nn::BatchNorm3d>()) return norm3->forward(input);
  return {};
}

struct Activation {
  torch::Tensor values;
  const char* kind = "";
};

/// What a rectifier and the like gave.
Activation activationOf(const autograd::Node& node) {
  const auto self = const_cast<autograd::Node&>(node).shared_from_this();
  if (const auto* relu = dynamic_cast<const generated::ReluBackward0*>(&node))
    return {relu->result_.unpack(self), "ReLU"};
  if (const auto* sigmoid = dynamic_cast<const generated::SigmoidBackward0*>(&node))
    return {sigmoid->result_.unpack(self), "Sigmoid"};
  if (const auto* tanh = dynamic_cast<const generated::TanhBackward0*>(&node))
    return {tanh->result_.unpack(self), "Tanh"};
  return {};
}

/// One row a unit: [N, C, …] to [C, everything else].
torch::Tensor byUnit(const torch::Tensor& values) {
  return values.dim() < 2 ? values.view({-1, 1}) : values.transpose(0, 1).reshape({values.size(1), -1});
}

cv::Mat mosaicOf(const torch::Tensor& values, double low, double high) {
  if (values.dim() < 4 || high <= low) return {};
  auto maps = values[0];
  if (maps.dim() == 4) maps = maps.select(1, maps.size(1) / 2);  // of a video: its middle
  const auto count = std::min<int64_t>(kMosaicMaps, maps.size(0));
  const int columns = static_cast<int>(std::ceil(std::sqrt(static_cast<double>(count))));
  const int rows = static_cast<int>((count + columns - 1) / columns);
  const double scale = std::min(
      1.0, static_cast<double>(kMosaicSide) / static_cast<double>(std::max(maps.size(1), maps.size(2))));
  const cv::Size tile(std::max(1, static_cast<int>(scale * static_cast<double>(maps.size(2)))),
                      std::max(1, static_cast<int>(scale * static_cast<double>(maps.size(1)))));
  constexpr int kGap = 1;
  cv::Mat mosaic(rows * (tile.height + kGap) - kGap, columns * (tile.width + kGap) - kGap, CV_8UC1,
                 cv::Scalar(255));
  for (int64_t i = 0; i < count; ++i) {
    const auto bytes = ((maps[i] - low) / (high - low) * 255).clamp(0, 255).to(torch::kByte).contiguous();
    const cv::Mat whole(static_cast<int>(bytes.size(0)), static_cast<int>(bytes.size(1)), CV_8UC1,
                        bytes.data_ptr<uint8_t>());
    const int row = static_cast<int>(i) / columns, column = static_cast<int>(i) % columns;
    cv::resize(whole, mosaic({{column * (tile.width + kGap), row * (tile.height + kGap)}, tile}), tile, 0, 0,
               cv::INTER_AREA);
  }
  return mosaic;
}

void measure(LayerMeter& meter, const torch::Tensor& given) {
  const auto values = given.detach().to(torch::kCPU, torch::kFloat);
  meter.shape = shapeText(values.sizes().vec());
  meter.mean = values.mean().item<double>();
  meter.variance = values.var(false).item<double>();
  meter.smallest = values.min().item<double>();
  meter.largest = values.max().item<double>();
  meter.silentShare = (values == 0).to(torch::kFloat).mean().item<double>();
  meter.units = values.dim() < 2 ? values.numel() : values.size(1);
  if (!std::isfinite(meter.smallest) || !std::isfinite(meter.largest)) return;
  const auto counts =
      torch::histc(values, kBins, meter.smallest, meter.largest).to(torch::kLong).contiguous();
  meter.histogram.assign(counts.data_ptr<int64_t>(), counts.data_ptr<int64_t>() + counts.numel());
  meter.mosaic = mosaicOf(values, meter.smallest, meter.largest);
}

double rootMeanSquare(const std::vector<torch::Tensor>& all) {
  double squares = 0, count = 0;
  for (const auto& tensor : all) {
    squares += tensor.detach().square().sum().item<double>();
    count += static_cast<double>(tensor.numel());
  }
  return count > 0 ? std::sqrt(squares / count) : -1;
}

void weigh(LayerMeter& meter, const torch::nn::Module& layer) {
  std::vector<torch::Tensor> weights, gradients;
  for (const auto& parameter : layer.parameters(/*recurse=*/false)) {
    weights.push_back(parameter);
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  meter.weights = rootMeanSquare(weights);
  meter.gradient = rootMeanSquare(gradients);
}

std::string warningOf(const LayerMeter& meter) {
  constexpr double kExploding = 1e3, kLargeGradient = 10, kManyDead = 0.5, kMostSaturated = 0.9;
  if (!std::isfinite(meter.mean) || !std::isfinite(meter.variance))
    return "Its values are no numbers any more: the run has diverged.";
  if (meter.deadUnits == 1) return "Dead: it outputs 0 for every pixel, so no gradient passes it.";
  if (meter.deadUnits >= kManyDead)
    return percent(meter.deadUnits) + " of its units are dead: 0 everywhere, so they learn nothing.";
  if (std::max(std::abs(meter.smallest), std::abs(meter.largest)) > kExploding)
    return "Exploding: its values reach " +
           shortNumber(std::max(std::abs(meter.smallest), std::abs(meter.largest))) +
           ". Normalisation or a smaller learning rate helps.";
  if (meter.saturatedShare > kMostSaturated)
    return "Saturated: " + percent(meter.saturatedShare) +
           " of its values are at an end, where the gradient is almost 0.";
  if (meter.gradient == 0) return "No gradient reaches it: it learns nothing.";
  if (meter.gradient > kLargeGradient)
    return "Its gradient explodes: " + shortNumber(meter.gradient) + " for each weight.";
  if (meter.deadUnits < 0 && meter.variance == 0) return "It says the same everywhere, whatever it sees.";
  return {};
}

using Owners = std::unordered_map<const c10::TensorImpl*, std::pair<std::string, const torch::nn::Module*>>;

Owners ownersOf(const torch::nn::Module& module, const std::string& name) {
  Owners owners;
  for (const auto& child : module.named_modules("", /*include_self=*/true))
    for (const auto& parameter : child.value()->parameters(/*recurse=*/false))
      owners[parameter.unsafeGetTensorImpl()] = {child.key().empty() ? name : child.key(),
                                                 child.value().get()};
  return owners;
}

}  // namespace

std::vector<LayerMeter> meterLayers(const std::string& name, const torch::nn::Module& module,
                                    const torch::Tensor& output) {
  const torch::NoGradGuard noGradients;
  const auto owners = ownersOf(module, name);
  std::vector<LayerMeter> meters;
  std::string latest;  // the layer whose output is on its way
  const auto add = [&](LayerMeter meter) {
    meter.module = name;
    meter.warning = warningOf(meter);
    // A layer that is used again (a recurrent cell, two frames through one encoder) is metered the last time.
    std::erase_if(meters, [&](const LayerMeter& other) {
      return other.name == meter.name && other.kind == meter.kind;
    });
    meters.push_back(std::move(meter));
  };
  for (const auto* node : nodesOf(output)) {
    std::vector<torch::Tensor> parameters;
    collectParameters(*node, parameters);
    const auto owner = [&] {
      for (const auto& parameter : parameters)
        if (const auto found = owners.find(parameter.unsafeGetTensorImpl()); found != owners.end())
          return found;
      return owners.end();
    }();
    LayerMeter meter;
    if (owner != owners.end()) {
      latest = owner->second.first;
      const auto input = inputOf(*node);
      const auto made = input.defined() ? outputOf(*owner->second.second, input) : torch::Tensor();
      if (!made.defined()) continue;
      meter.name = latest;
      meter.kind = kindOf(*owner->second.second);
      measure(meter, made);
      weigh(meter, *owner->second.second);
      add(std::move(meter));
      continue;
    }
    const auto activation = activationOf(*node);
    if (!activation.values.defined()) continue;
    meter.name = latest.empty() ? activation.kind : "after " + latest;
    meter.kind = activation.kind;
    measure(meter, activation.values);
    const auto units = byUnit(activation.values);
    if (meter.kind == "ReLU") {
      meter.deadUnits = (units.amax(1) <= 0).to(torch::kFloat).mean().item<double>();
    } else {
      const double low = meter.kind == "Tanh" ? -1 : 0, edge = kNearTheEnd * (1 - low);
      meter.saturatedShare =
          ((units < low + edge) | (units > 1 - edge)).to(torch::kFloat).mean().item<double>();
    }
    add(std::move(meter));
  }
  // The output was made by another network.
  if (std::ranges::none_of(meters, [](const LayerMeter& meter) { return meter.weights >= 0; }))
    meters.clear();
  return meters;
}

}  // namespace fw
