#pragma once
#include <QFrame>

#include "core/slowmo/job.h"

class QLabel;
class QScrollArea;
class QVBoxLayout;

namespace fw {

/// The clips that are made with the same settings as the one that is open.
class BatchList : public QFrame {
  Q_OBJECT
 public:
  explicit BatchList(QWidget* parent = nullptr);

  void setClips(const std::vector<SlowmoRequest>& clips);  ///< none: it hides

 Q_SIGNALS:
  void leftOut(int index);

 private:
  QLabel* title_;
  QScrollArea* scroll_;
  QVBoxLayout* rows_;
};

}  // namespace fw
