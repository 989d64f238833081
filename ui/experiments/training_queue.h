#pragma once
#include <QObject>
#include <memory>
#include <vector>

#include "ui/experiments/training.h"

namespace fw {

/// The runs of this session, in the order they were asked for. One trains at a time unless a person says
/// otherwise.
class TrainingQueue : public QObject {
  Q_OBJECT
 public:
  explicit TrainingQueue(QObject* parent = nullptr) : QObject(parent) {}

  /// Starts at once when nothing else trains. The queue owns it; it stays until removed.
  Training* add(std::unique_ptr<Training> training);
  void startNow(Training* training);  ///< beside what already trains
  void remove(Training* training);    ///< one that has not begun or has ended
  void stopAll();                     ///< those that train keep what is done; those that wait never begin

  std::vector<Training*> all() const;
  bool working() const;                  ///< something trains, pauses or waits
  Training* ofRun(int64_t runId) const;  ///< null when no run of this session has this number

 Q_SIGNALS:
  void listChanged();
  void workingChanged();

 private:
  void startNext();
  std::vector<std::unique_ptr<Training>> trainings_;
};

}  // namespace fw
