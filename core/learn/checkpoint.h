#pragma once
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "core/learn/experiment.h"
#include "core/learn/safetensors.h"

/// What a run needs to go on exactly where it was, in files. `best.safetensors` holds the weights of the best
/// step; `checkpoints/<step>/` holds the weights and, beside them, optimisers and random numbers of the last
/// one. A folder appears whole or not at all, so the two files in it always speak of the same step.
namespace fw {

/// Parameters and buffers, named as PyTorch's state_dict() would name them; with several modules each name
/// begins with its module's. The tensors are the live ones, not copies.
TensorMap weightsOf(const std::vector<NamedModule>& modules);
/// Copies `weights` into the modules. Throws Error that names what is missing, left over or of another shape.
void loadWeights(const std::vector<NamedModule>& modules, const TensorMap& weights, const std::string& from);

/// A copy of everything, on the CPU: training may go on while it is written.
struct Checkpoint {
  int64_t step = 0;
  double seconds = 0;
  TensorMap weights;
  Safetensors state;
};
Checkpoint copyOf(const LearningState& state, int64_t step, double seconds);

struct Progress {
  int64_t step = 0;
  double seconds = 0;
};
/// Puts the last checkpoint of a run back; empty when there is none. Throws Error when it does not fit.
std::optional<Progress> restoreLast(const std::filesystem::path& runFolder, LearningState& state);

struct BestSoFar {
  int64_t step = 0;
  double score = 0;
};
/// What best.safetensors says of itself; empty when there is none that can be read.
std::optional<BestSoFar> readBest(const std::filesystem::path& runFolder);

/// Writes checkpoints while training goes on, one at a time. What fails is thrown by the next call.
class CheckpointKeeper {
 public:
  /// `about` goes into every header: experiment, settings, device, …
  CheckpointKeeper(std::filesystem::path runFolder, Metadata about);

  void keepLast(Checkpoint checkpoint);
  void keepBest(TensorMap copiedWeights, BestSoFar best);
  bool idle();
  void finish();  ///< returns when everything is on disk

 private:
  struct Best {
    TensorMap weights;
    BestSoFar best;
  };
  void work(std::stop_token stop);
  void writeLast(const Checkpoint& checkpoint) const;
  void writeBest(const Best& best) const;
  void throwFailure();

  const std::filesystem::path runFolder_;
  const Metadata about_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Checkpoint> last_;
  std::optional<Best> best_;
  bool writing_ = false;
  std::exception_ptr failure_;
  std::jthread worker_;  // last: it uses all of the above
};

}  // namespace fw
