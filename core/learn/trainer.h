#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

#include "core/image/gallery.h"
#include "core/store/store.h"

namespace fw {

class Experiment;

/// What a person may do to a run while it goes, from any thread.
class TrainControl {
 public:
  void pause();
  void resume();
  void stepOnce();                    ///< while paused: exactly one more step
  void setLearningRate(double rate);  ///< throws Error unless it is a number above 0
  bool paused() const;
  /// Has `question` asked on the training thread between two steps, at once while paused: what the network
  /// makes of something just now, or what of it shall change. It must not throw. Dropped when the run has
  /// ended by then.
  void ask(std::function<void(Experiment&)> question);

 private:
  friend class TrainLoop;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  bool paused_ = false;
  int64_t stepsGranted_ = 0;
  std::optional<double> learningRate_;
  std::deque<std::function<void(Experiment&)>> questions_;
};

/// Who watches. Called on the training thread; must return quickly.
class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void onScalars(int64_t /*step*/, double /*seconds*/, const Scalars&) {}
  virtual void onScores(int64_t /*step*/, double /*seconds*/, const Scores&, bool /*best*/) {}
  virtual void onGallery(int64_t /*step*/, const Gallery&) {}
  virtual void onState(RunState) {}
  /// What is wrong with the network, in words, as soon as it is seen; empty when it is well again.
  virtual void onDiagnosis(const std::string&) {}
  virtual void onBaselines(const Scores&) {}  ///< once, before the first step of a new run
};

struct TrainOptions {
  int64_t steps = 0;           ///< go on until this step; 0: until stopped
  std::string bestScore = {};  ///< the score that decides which checkpoint is best
  bool bestIsLowest = false;
  std::map<std::string, std::string> about = {};  ///< for the header of the weights: experiment, settings, …
};

struct RunResult {
  RunState state = RunState::Stopped;  ///< Finished, Stopped (asked to) or Failed (message says why)
  int64_t step = 0;
  std::string message;
  Scores scores;  ///< the last evaluation
};

/// The training loop: steps, evaluation and gallery on a schedule that thins out (steps 0, 1, 2, 5, 10, 20,
/// 50 …), best and last checkpoints, a clear stop on NaN or divergence. Goes on from the writer's last
/// checkpoint when there is one.
RunResult train(Experiment&, const TrainOptions&, RunWriter&, TrainObserver&, TrainControl&, std::stop_token);

/// True for 0, 1, 2, 5, 10, 20, 50 …: the steps at which a run is looked at and a snapshot kept.
bool isMilestone(int64_t step);

enum class Weights { Best, Last };
/// The safetensors file with a run's weights (the last ones when no step was best). Throws Error when it has
/// none yet.
std::filesystem::path weightsFile(const std::filesystem::path& runFolder, Weights which);

}  // namespace fw
