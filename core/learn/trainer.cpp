#include "core/learn/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/learn/checkpoint.h"

namespace fw {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kOutOfMemory =
    "There was not enough memory. Choose a smaller batch, picture or network.";
constexpr double kCheckpointEvery = 4.0;  // seconds: a crash must lose at most five
constexpr double kEvaluateEvery = 5.0;    // seconds between two looks that are not milestones
constexpr double kTrainPerLook = 20.0;  // … which take at most a twentieth of the time, however slow they are
// A stopped run is looked at once more only when that is quick, in seconds, or little of the time it had.
constexpr double kQuickLook = 1.0, kSlowestLook = 10.0;
// What divergence is measured against: their mean loss, but not much more than the first one, as some runs
// are lost within a few steps.
constexpr int64_t kEarlySteps = 10;
constexpr double kMoreThanFirst = 10.0;
constexpr double kDivergence = 1000.0;
constexpr double kLossMemory = 0.9;  // of the smoothed loss
constexpr const char* kLoss = "loss";
constexpr const char* kLearningRate = "learning_rate";
constexpr const char* kWaitingShare = "share of time waiting for data";

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string shortNumber(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", number);
  return text.data();
}

/// Stops a run whose loss is no number any more or has grown beyond hope.
class DivergenceWatch {
 public:
  /// Empty while all is well; otherwise what is wrong.
  std::string complaint(int64_t step, const Scalars& scalars) {
    for (const auto& [name, value] : scalars)
      if (!std::isfinite(value))
        return "The " + name + " became " + (std::isnan(value) ? "NaN" : "infinite") + " at step " +
               std::to_string(step);
    const auto found = scalars.find(kLoss);
    if (found == scalars.end()) return {};
    const double loss = found->second;
    if (seen_ == 0) first_ = std::abs(loss);
    if (seen_ < kEarlySteps) mean_ += (std::abs(loss) - mean_) / static_cast<double>(++seen_);
    const double early = std::min(mean_, kMoreThanFirst * first_);
    smoothed_ = seen_ == 1 ? loss : kLossMemory * smoothed_ + (1 - kLossMemory) * loss;
    // A loss that begins near zero may well grow a thousandfold and still be small: below 1 nothing has
    // diverged.
    if (smoothed_ < kDivergence * std::max(early, 1 / kDivergence)) return {};
    return "The loss diverges: it has grown from " + shortNumber(first_) + " to " + shortNumber(smoothed_) +
           " by step " + std::to_string(step);
  }

 private:
  int64_t seen_ = 0;
  double first_ = 0, mean_ = 0, smoothed_ = 0;
};

/// While looking at a network nothing may change what it learns: no gradients, evaluation mode, and every
/// random number drawn meanwhile is put back. Looks happen by the clock, and a resumed run must still be the
/// same.
class LookOnly {
 public:
  explicit LookOnly(const LearningState& state) : state_(state) {
    if (state_.random) random_ = *state_.random;
    at::Generator generator = at::detail::getDefaultCPUGenerator();
    {
      const std::scoped_lock lock(generator.mutex());
      torchRandom_ = generator.get_state();
    }
    for (const auto& [name, module] : state_.modules) {
      wasTraining_.push_back(module->is_training());
      module->eval();
    }
  }
  ~LookOnly() {
    for (std::size_t i = 0; i < wasTraining_.size(); ++i) state_.modules[i].module->train(wasTraining_[i]);
    if (state_.random) *state_.random = *random_;
    at::Generator generator = at::detail::getDefaultCPUGenerator();
    const std::scoped_lock lock(generator.mutex());
    generator.set_state(torchRandom_);
  }
  LookOnly(const LookOnly&) = delete;
  LookOnly& operator=(const LookOnly&) = delete;

 private:
  const LearningState state_;
  std::optional<Random> random_;
  torch::Tensor torchRandom_;
  std::vector<bool> wasTraining_;
  torch::NoGradGuard noGradients_;
};

}  // namespace

bool isMilestone(int64_t step) {
  while (step >= 10 && step % 10 == 0) step /= 10;
  return step == 0 || step == 1 || step == 2 || step == 5;
}

void TrainControl::pause() {
  const std::scoped_lock lock(mutex_);
  paused_ = true;
}

void TrainControl::resume() {
  const std::scoped_lock lock(mutex_);
  paused_ = false;
  stepsGranted_ = 0;
  changed_.notify_all();
}

void TrainControl::stepOnce() {
  const std::scoped_lock lock(mutex_);
  if (paused_) ++stepsGranted_;
  changed_.notify_all();
}

void TrainControl::setLearningRate(double rate) {
  if (!std::isfinite(rate) || rate <= 0)
    throw Error("The learning rate must be a number above 0", shortNumber(rate),
                "0.001 is a good first try.");
  const std::scoped_lock lock(mutex_);
  learningRate_ = rate;
}

void TrainControl::ask(std::function<void(Experiment&)> question) {
  const std::scoped_lock lock(mutex_);
  questions_.push_back(std::move(question));
  changed_.notify_all();
}

bool TrainControl::paused() const {
  const std::scoped_lock lock(mutex_);
  return paused_;
}

class TrainLoop {
 public:
  TrainLoop(Experiment& experiment, const TrainOptions& options, RunWriter& writer, TrainObserver& observer,
            TrainControl& control, std::stop_token stop)
      : experiment_(experiment),
        options_(options),
        writer_(writer),
        observer_(observer),
        control_(control),
        stop_(std::move(stop)),
        keeper_(writer.folder(), options.about) {}

  RunResult run() {
    try {
      begin();
      while (wantsMore() && waitWhilePaused()) {
        step();
        if (!complaint_.empty()) return fail(complaint_ + ". " + advice());
        if (isMilestone(step_) || lookIsDue()) look(isMilestone(step_));
        keepLastWhenDue();
      }
      return end();
    } catch (const Error& error) {
      return fail(error.what());
    } catch (const std::bad_alloc&) {
      return fail(kOutOfMemory);
    } catch (const c10::Error& error) {
      const std::string text = error.what_without_backtrace();
      const auto says = [&](const char* words) { return text.find(words) != std::string::npos; };
      if (says("allocate memory") || says("out of memory")) return fail(kOutOfMemory);  // of LibTorch's own
      return fail("The network could not be trained: " + text);
    } catch (const std::exception& error) {
      return fail(std::string("The run could not go on: ") + error.what());
    }
  }

 private:
  void begin() {
    for (const auto& [name, module] : experiment_.state().modules) module->train();
    auto state = experiment_.state();
    if (const auto progress = restoreLast(writer_.folder(), state)) {
      step_ = progress->step;
      secondsBefore_ = progress->seconds;
    }
    writer_.rewindTo(step_);
    best_ = readBest(writer_.folder());
    if (best_) writer_.best(best_->step, best_->score);
    say(RunState::Running);
    started_ = Clock::now();
    if (stop_.stop_requested()) return;  // what follows takes long with large networks
    if (step_ == 0) {
      const Scores baselines = [&] {
        const LookOnly looking(experiment_.state());
        return experiment_.baselines();
      }();
      writer_.baselines(baselines);
      observer_.onBaselines(baselines);
    }
    if (stop_.stop_requested()) return;
    look(isMilestone(step_));
    lastCheckpoint_ = Clock::now();
    rateChanged_ = true;  // so that the curve of the learning rate has a beginning
  }

  bool wantsMore() const {
    return (options_.steps == 0 || step_ < options_.steps) && !experiment_.finished();
  }

  double seconds() const { return secondsBefore_ + secondsSince(started_) - secondsPaused_; }

  void say(RunState state, const std::string& message = {}) {
    writer_.state(state, message);
    observer_.onState(state);
  }

  /// False when stop was asked for.
  bool waitWhilePaused() {
    if (stop_.stop_requested()) return false;
    answerQuestions();
    std::unique_lock lock(control_.mutex_);
    if (control_.paused_ && control_.stepsGranted_ == 0) {
      lock.unlock();
      const auto pausedAt = Clock::now();
      keepLast();
      say(RunState::Paused);
      bool goOn = true;
      while (goOn) {
        lock.lock();
        goOn = control_.changed_.wait(lock, stop_, [&] {
          return !control_.paused_ || control_.stepsGranted_ > 0 || !control_.questions_.empty();
        });
        const bool asked = !control_.questions_.empty();
        lock.unlock();
        if (!asked) break;
        answerQuestions();
      }
      secondsPaused_ += secondsSince(pausedAt);
      if (!goOn) return false;
      say(RunState::Running);
      lock.lock();
    }
    // Paused again just now: the next call hears of it.
    if (control_.paused_ && control_.stepsGranted_ > 0) --control_.stepsGranted_;
    const auto rate = std::exchange(control_.learningRate_, std::nullopt);
    lock.unlock();
    if (rate) setLearningRate(*rate);
    return true;
  }

  void answerQuestions() {
    std::deque<std::function<void(Experiment&)>> questions;
    {
      const std::scoped_lock lock(control_.mutex_);
      questions.swap(control_.questions_);
    }
    if (questions.empty()) return;
    const LookOnly looking(experiment_.state());
    for (const auto& question : questions) question(experiment_);
  }

  void setLearningRate(double rate) {
    for (auto* optimizer : experiment_.state().optimizers)
      for (auto& group : optimizer->param_groups()) group.options().set_lr(rate);
    rateChanged_ = true;
  }

  double learningRate() const {
    const auto state = experiment_.state();
    if (state.optimizers.empty() || state.optimizers.front()->param_groups().empty()) return 0;
    return state.optimizers.front()->param_groups().front().options().get_lr();
  }

  void step() {
    const auto begun = Clock::now();
    Scalars scalars = experiment_.step();
    ++step_;
    stepSeconds_ += secondsSince(begun);
    if (const auto waiting = scalars.find(kSecondsWaiting); waiting != scalars.end()) {
      waitingSeconds_ += waiting->second;
      scalars.erase(waiting);
      scalars[kWaitingShare] = waitingSeconds_ / std::max(stepSeconds_, 1e-9);
    }
    if (std::exchange(rateChanged_, false)) scalars.try_emplace(kLearningRate, learningRate());
    complaint_ = watch_.complaint(step_, scalars);
    writer_.scalars(step_, seconds(), scalars);
    observer_.onScalars(step_, seconds(), scalars);
  }

  bool lookIsDue() const {
    return secondsSince(lastLook_) > std::max(kEvaluateEvery, kTrainPerLook * lookSeconds_);
  }

  /// Evaluates and shows the gallery; keeps it as a snapshot when asked to.
  void look(bool keepSnapshot) {
    const auto begun = Clock::now();
    Gallery gallery;
    {
      const LookOnly looking(experiment_.state());
      scores_ = experiment_.evaluate();
      gallery = experiment_.gallery();
      diagnose();
    }
    const bool best = keepBest();
    writer_.scores(step_, seconds(), scores_);
    observer_.onScores(step_, seconds(), scores_, best);
    observer_.onGallery(step_, gallery);
    if (keepSnapshot) writer_.snapshot(step_, gallery);
    lookedAt_ = step_;
    lastLook_ = Clock::now();
    lookSeconds_ = secondsSince(begun);
  }

  void diagnose() {
    const auto before = std::exchange(diagnosis_, experiment_.diagnosis());
    if (diagnosis_ == before) return;
    writer_.state(RunState::Running, diagnosis_);
    observer_.onDiagnosis(diagnosis_);
  }

  bool keepBest() {
    const auto found = scores_.find(options_.bestScore);
    if (found == scores_.end() || !std::isfinite(found->second)) return false;
    const double score = found->second;
    if (best_ && (options_.bestIsLowest ? score >= best_->score : score <= best_->score)) return false;
    best_ = BestSoFar{step_, score};
    TensorMap copies;
    for (const auto& [name, tensor] : weightsOf(experiment_.state().modules))
      copies[name] = tensor.detach().to(torch::kCPU, tensor.scalar_type(), false, true);
    keeper_.keepBest(std::move(copies), *best_);
    writer_.best(step_, score);
    return true;
  }

  void keepLastWhenDue() {
    if (secondsSince(lastCheckpoint_) < kCheckpointEvery || !keeper_.idle()) return;
    keeper_.keepLast(copyOf(experiment_.state(), step_, seconds()));
    lastCheckpoint_ = Clock::now();
  }

  void keepLast() {
    keeper_.keepLast(copyOf(experiment_.state(), step_, seconds()));
    keeper_.finish();
  }

  RunResult end() {
    const bool finished = !wantsMore();
    keepLast();  // first: a second Ctrl-C while looking must lose nothing
    answerQuestions();
    const bool snapshotMissing = lookedAt_ != step_ || !isMilestone(step_);
    const double patience = std::clamp(seconds() / kTrainPerLook, kQuickLook, kSlowestLook);
    if (snapshotMissing && (finished || lookSeconds_ < patience)) look(true);
    keeper_.finish();
    const RunState state = finished ? RunState::Finished : RunState::Stopped;
    {
      const LookOnly looking(experiment_.state());
      diagnose();
    }
    say(state, diagnosis_);
    return {state, step_, diagnosis_, scores_};
  }

  RunResult fail(const std::string& message) {
    logLine("A run failed: " + message);
    try {
      keeper_.finish();
    } catch (const std::exception& error) {
      logLine(error.what());
    }
    try {
      say(RunState::Failed, message);
    } catch (const std::exception& error) {
      logLine(error.what());  // the disk is full: the message above is what matters
      observer_.onState(RunState::Failed);
    }
    return {RunState::Failed, step_, message, scores_};
  }

  std::string advice() const {
    const double rate = learningRate();
    return "Try a smaller learning rate (it was " + shortNumber(rate) + "), for example " +
           shortNumber(rate / 10) + ": resume with it where all was well, or start again.";
  }

  Experiment& experiment_;
  const TrainOptions& options_;
  RunWriter& writer_;
  TrainObserver& observer_;
  TrainControl& control_;
  const std::stop_token stop_;
  CheckpointKeeper keeper_;

  int64_t step_ = 0, lookedAt_ = -1;
  Clock::time_point started_ = Clock::now(), lastLook_, lastCheckpoint_;
  double secondsBefore_ = 0, secondsPaused_ = 0, lookSeconds_ = 0, stepSeconds_ = 0, waitingSeconds_ = 0;
  bool rateChanged_ = false;
  std::optional<BestSoFar> best_;
  Scores scores_;
  DivergenceWatch watch_;
  std::string complaint_, diagnosis_;
};

RunResult train(Experiment& experiment, const TrainOptions& options, RunWriter& writer,
                TrainObserver& observer, TrainControl& control, std::stop_token stop) {
  return TrainLoop(experiment, options, writer, observer, control, std::move(stop)).run();
}

}  // namespace fw
