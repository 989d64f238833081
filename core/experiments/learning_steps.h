#pragma once
#include <torch/torch.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/bounded_queue.h"
#include "core/base/random.h"
#include "core/image/gallery.h"

/// What the experiments' steps and galleries have in common.
namespace fw {

/// A network whatever its type: its parameters and what it does.
struct Network {
  std::shared_ptr<torch::nn::Module> module;
  std::function<torch::Tensor(const torch::Tensor&)> forward;
};

/// Moves it there; on a processor with the channels of a pixel side by side, as its convolutions like it
/// best.
void place(torch::nn::Module& module, const torch::Device& device);

template <class Holder>
Network network(Holder net, const torch::Device& device) {
  place(*net, device);
  return {net.ptr(), [net](const torch::Tensor& x) mutable { return net->forward(x); }};
}

int64_t parameterCount(const torch::nn::Module& module);

/// One step downhill; returns the loss.
double descend(torch::optim::Optimizer& optimizer, const torch::Tensor& loss);

/// A thread that does one thing after another, with LibTorch's parallel parts on this thread alone: what is
/// made beside a training network must not take its cores away.
class Helper {
 public:
  Helper();
  std::future<void> start(std::function<void()> work);

 private:
  BoundedQueue<std::packaged_task<void()>> work_{1};
  std::jthread thread_;
};

/// Makes the batch of the next step on another thread while this one is learned. A batch follows from the
/// run's seed and the number of its step alone, so that a resumed run sees the same ones. Keep it as the last
/// member: it uses the others.
template <class Batch>
class BatchesAhead {
 public:
  BatchesAhead(uint64_t seed, std::function<Batch(Random&)> make) : seed_(seed), make_(std::move(make)) {}
  ~BatchesAhead() {
    if (made_.valid()) made_.wait();
  }

  /// Of this step, the first being 0.
  Batch of(int64_t step) {
    const auto began = std::chrono::steady_clock::now();
    if (!made_.valid() || aheadStep_ != step) begin(step);
    made_.get();
    Batch batch = std::move(*ahead_);
    begin(step + 1);
    waited_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return batch;
  }
  double waited() const { return waited_; }  ///< seconds, in the last of()

 private:
  void begin(int64_t step) {
    if (made_.valid()) made_.wait();
    aheadStep_ = step;
    made_ = helper_.start([this, step] {
      Random random(seed_ + 0x9e3779b97f4a7c15ULL * static_cast<uint64_t>(step + 1));
      ahead_ = make_(random);
    });
  }

  uint64_t seed_;
  std::function<Batch(Random&)> make_;
  int64_t aheadStep_ = -1;
  double waited_ = 0;
  std::optional<Batch> ahead_;
  std::future<void> made_;
  Helper helper_;
};

/// Lets the learning rate fall as a cosine to a hundredth at step `until`, relative to whatever a person has
/// set it to. A module, so that its count is kept in checkpoints.
struct RateDecayImpl : torch::nn::Module {
  RateDecayImpl();
  void step(const std::vector<torch::optim::Optimizer*>& optimizers, int64_t until);  ///< 0: it stays
  torch::Tensor steps;
};
TORCH_MODULE(RateDecay);

/// `count` whole numbers in [0, below), each as likely as any other.
torch::Tensor drawIndices(Random& random, int64_t below, int64_t count);

/// Normal noise of this shape, drawn from a stream that is restored with the run.
torch::Tensor drawNormal(Random& random, torch::IntArrayRef shape, const torch::Device& device);

/// Even noise in [0, 1), likewise.
torch::Tensor drawUniform(Random& random, torch::IntArrayRef shape, const torch::Device& device);

/// A picture [C, H, W] whose values `low` … `high` are shown as black … white; the same range at every step.
GalleryFrame tensorFrame(std::string label, FrameRole role, const torch::Tensor& picture, double low = 0.0,
                         double high = 1.0);

/// A frame that plays: pictures [T, C, H, W].
GalleryFrame tensorAnimation(std::string label, FrameRole role, const torch::Tensor& pictures,
                             double low = 0.0, double high = 1.0);

/// Mean over pictures of each picture's PSNR in dB, values in 0 … 1.
double meanPsnr(const torch::Tensor& prediction, const torch::Tensor& target);

/// "0.0123", "1.2e-05": as a person writes a number into a caption.
std::string shortNumber(double value);

/// No gradients and evaluation mode for as long as it lives.
class Evaluating {
 public:
  explicit Evaluating(torch::nn::Module& module) : module_(module), trained_(module.is_training()) {
    module_.eval();
  }
  ~Evaluating() { module_.train(trained_); }
  Evaluating(const Evaluating&) = delete;
  Evaluating& operator=(const Evaluating&) = delete;

 private:
  torch::NoGradGuard noGrad_;
  torch::nn::Module& module_;
  bool trained_;
};

}  // namespace fw
