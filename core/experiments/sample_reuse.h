#pragma once
#include <torch/torch.h>

#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "core/base/random.h"
#include "core/experiments/interpolation_learner.h"

namespace fw {

/// Lets each prepared sample be learned from several times, some hundred others in between. A sample is known
/// by its seed: what is kept in memory only saves work, and a run goes on exactly where it was.
class SampleReuse {
 public:
  explicit SampleReuse(int64_t uses);

  std::vector<uint64_t> seeds(int64_t count, Random& random);
  /// The sample of a seed that seeds() gave; any thread.
  std::shared_ptr<const InterpolationSample> sample(
      uint64_t seed, const std::function<InterpolationSample(uint64_t)>& prepare);

  torch::Tensor* recentSeeds() { return &recent_; }  ///< for checkpoints
  int64_t* drawn() { return &drawn_; }

 private:
  void forget();

  int64_t uses_, drawn_ = 0;
  std::vector<uint64_t> gone_;  // since the last call of seeds()
  std::size_t bytes_ = 0;       // of what is kept
  torch::Tensor recent_;
  std::mutex mutex_;
  std::unordered_map<uint64_t, std::shared_ptr<const InterpolationSample>> kept_;
};

}  // namespace fw
