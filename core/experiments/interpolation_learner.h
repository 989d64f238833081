#pragma once
#include <torch/torch.h>

#include <memory>
#include <span>
#include <string>

#include "core/data/between_sample.h"

namespace fw {

/// How a network is taught, apart from which.
struct InterpolationLesson {
  std::string loss = "charbonnier", secondLoss = "none";
  double secondWeight = 0.1;
  double teacherWeight = 0.01;               ///< rife: how much the flow of its teacher counts
  torch::ScalarType type = torch::kFloat32;  ///< of the convolutions
  torch::Device device = torch::kCPU;
};

struct InterpolationNews {
  double loss = 0, picture = 0, squaredError = 0;
  double classicalError = 0;  ///< of what the untrained swift makes of the same samples

  InterpolationNews& operator+=(const InterpolationNews& other);
};

/// A sample ready to be learned from, as often as one likes.
struct InterpolationSample {
  BetweenSample pictures{};  ///< rife learns from these
  torch::Tensor view{};      ///< swift: what the network sees of N places, in 16 bit
  torch::Tensor
      guesses{};          ///< swift: [N, kSwiftGuesses, 3, H, W], bytes at full size: what it can choose from
  torch::Tensor truth{};  ///< swift: [N, 3, H, W], as large
  double classicalError = 0;  ///< swift: what the untrained network makes of it
};

/// A network that can be taught to make frames between frames.
class InterpolationLearner {
 public:
  virtual ~InterpolationLearner() = default;
  virtual std::shared_ptr<torch::nn::Module> module() = 0;
  /// A new network of the same kind, for another thread.
  virtual std::unique_ptr<InterpolationLearner> twin() const = 0;
  virtual InterpolationSample prepared(BetweenSample pictures) const { return {std::move(pictures)}; }
  /// Adds the gradient of these samples' mean loss, times `part`.
  virtual InterpolationNews learn(std::span<const std::shared_ptr<const InterpolationSample>> samples,
                                  double part, const InterpolationLesson& lesson) = 0;
  virtual cv::Mat predict(const BetweenSample& sample) = 0;
  /// What the network is fed for this sample, and what it makes of that, with gradients.
  virtual torch::Tensor input(const BetweenSample& sample) const = 0;
  virtual torch::Tensor output(const torch::Tensor& input) = 0;
};

/// "swift" or "rife".
std::unique_ptr<InterpolationLearner> interpolationLearner(const std::string& network);

}  // namespace fw
