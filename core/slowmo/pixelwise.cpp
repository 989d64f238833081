#include "core/slowmo/pixelwise.h"

#include <algorithm>
#include <cstring>

#include "core/base/fast_loop.h"

// Newer processors multiply and add in one step: the last digit may differ from that of older ones.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FW_FUSED_LOOP __attribute__((target_clones("fma", "default")))
#else
#define FW_FUSED_LOOP
#endif

#pragma GCC diagnostic ignored "-Wpsabi"  // no vector is ever handed to a function: all are inlined

namespace fw {
namespace {

constexpr std::size_t kEight = 8, kPixels = 2 * kEight, kTogether = 6;  // what registers hold
constexpr std::size_t kBlock = 4 * kPixels;  // what the nearest cache holds, of all channels
using Eight = float __attribute__((vector_size(kEight * sizeof(float))));

FW_INLINE Eight loaded(const float* from) {
  Eight eight;
  std::memcpy(&eight, from, sizeof(eight));
  return eight;
}

FW_INLINE void store(const Eight& eight, bool rectified, float* to) {
  constexpr float kSlope = 0.1F;
  const Eight shown = rectified ? (eight > 0 ? eight : kSlope * eight) : eight;
  std::memcpy(to, &shown, sizeof(shown));
}

// One layer of kPixels pixels of a block.
FW_FUSED_LOOP void layerOf(const float* in, std::size_t channels, const float* weights, const float* bias,
                           std::size_t outputs, bool rectified, float* out) {
  for (std::size_t first = 0; first < outputs; first += kTogether) {
    Eight left[kTogether], right[kTogether];
    for (std::size_t i = 0; i < kTogether; ++i) left[i] = right[i] = Eight{} + bias[first + i];
    for (std::size_t channel = 0; channel < channels; ++channel) {
      const Eight x = loaded(in + channel * kBlock), y = loaded(in + channel * kBlock + kEight);
      for (std::size_t i = 0; i < kTogether; ++i) {
        left[i] += weights[i] * x;
        right[i] += weights[i] * y;
      }
      weights += kTogether;
    }
    for (std::size_t i = 0; i < kTogether; ++i) {
      store(left[i], rectified, out + (first + i) * kBlock);
      store(right[i], rectified, out + (first + i) * kBlock + kEight);
    }
  }
}

std::size_t filledUp(std::size_t outputs) { return (outputs + kTogether - 1) / kTogether * kTogether; }

}  // namespace

PixelwiseNet::PixelwiseNet(const std::vector<Layer>& layers) {
  for (const Layer& layer : layers) {
    const std::size_t outputs = filledUp(layer.out);
    Packed packed{layer.in, layer.out, std::vector<float>(outputs * layer.in), std::vector<float>(outputs)};
    for (std::size_t output = 0; output < layer.out; ++output) {
      packed.bias[output] = layer.bias[output];
      const std::size_t group = output / kTogether, place = output % kTogether;
      for (std::size_t input = 0; input < layer.in; ++input)
        packed.weights[(group * layer.in + input) * kTogether + place] =
            layer.weights[output * layer.in + input];
    }
    widest_ = std::max({widest_, layer.in, outputs});
    layers_.push_back(std::move(packed));
  }
}

void PixelwiseNet::run(const float* in, float* out, std::size_t pixels, std::size_t begin,
                       std::size_t end) const {
  std::vector<float> here(widest_ * kBlock), there(widest_ * kBlock);
  for (std::size_t start = begin; start < end; start += kBlock) {
    const std::size_t bytes = std::min(kBlock, end - start) * sizeof(float);
    for (std::size_t channel = 0; channel < layers_.front().in; ++channel)
      std::memcpy(here.data() + channel * kBlock, in + channel * pixels + start, bytes);
    for (const Packed& layer : layers_) {
      for (std::size_t i = 0; i < kBlock; i += kPixels)
        layerOf(here.data() + i, layer.in, layer.weights.data(), layer.bias.data(), layer.bias.size(),
                &layer != &layers_.back(), there.data() + i);
      here.swap(there);
    }
    for (std::size_t channel = 0; channel < layers_.back().out; ++channel)
      std::memcpy(out + channel * pixels + start, here.data() + channel * kBlock, bytes);
  }
}

}  // namespace fw
