#include "ui/experiments/training_queue.h"

#include <algorithm>

namespace fw {

Training* TrainingQueue::add(std::unique_ptr<Training> training) {
  Training* added = training.get();
  trainings_.push_back(std::move(training));
  connect(added, &Training::done, this, [this] {
    startNext();
    Q_EMIT workingChanged();
  });
  startNext();
  Q_EMIT listChanged();
  Q_EMIT workingChanged();
  return added;
}

void TrainingQueue::startNow(Training* training) { training->start(); }

void TrainingQueue::remove(Training* training) {
  if (training->state() == RunState::Queued) training->stop();
  if (!training->ended()) return;
  const auto found = std::find_if(trainings_.begin(), trainings_.end(),
                                  [&](const auto& each) { return each.get() == training; });
  if (found == trainings_.end()) return;
  // Somebody may be in the middle of one of its signals.
  found->release()->deleteLater();
  trainings_.erase(found);
  Q_EMIT listChanged();
}

void TrainingQueue::stopAll() {
  // Those that wait first, or the end of one would start the next.
  for (const auto& training : trainings_)
    if (training->state() == RunState::Queued) training->stop();
  for (const auto& training : trainings_) training->stop();
}

std::vector<Training*> TrainingQueue::all() const {
  std::vector<Training*> list;
  for (const auto& training : trainings_) list.push_back(training.get());
  return list;
}

bool TrainingQueue::working() const {
  return std::any_of(trainings_.begin(), trainings_.end(), [](const auto& each) { return !each->ended(); });
}

Training* TrainingQueue::ofRun(int64_t runId) const {
  for (const auto& training : trainings_)
    if (training->runId() == runId) return training.get();
  return nullptr;
}

void TrainingQueue::startNext() {
  for (const auto& training : trainings_)
    if (!training->ended() && training->state() != RunState::Queued) return;
  for (const auto& training : trainings_)
    if (training->state() == RunState::Queued) return training->start();
}

}  // namespace fw
