#pragma once
#include <QTableWidget>

#include "core/experiments/catalog.h"

namespace fw {

/// Every score of a run in words and units, now and at its best, beside what trivial methods reach.
class RunScores : public QTableWidget {
  Q_OBJECT
 public:
  explicit RunScores(QWidget* parent = nullptr);
  void setRun(const ExperimentKind& kind, const Series& scores, const Scores& baselines);
};

}  // namespace fw
