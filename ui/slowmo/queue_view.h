#pragma once
#include <QWidget>
#include <map>

#include "ui/slowmo/job_row.h"

class QBoxLayout;
class QComboBox;
class QLabel;
class QPushButton;

namespace fw {

/// The jobs in their order, what is left of all of them, and what happens after the last one.
class QueueView : public QWidget {
  Q_OBJECT
 public:
  enum class Afterwards { Nothing, Close, Suspend };

  explicit QueueView(JobQueue& queue, QWidget* parent = nullptr);

  Afterwards afterwards() const;
  JobRow* row(int64_t id) const;

 Q_SIGNALS:
  void playRequested(const QString& file);
  void watchRequested(qint64 id);
  void editRequested(qint64 id);

 private:
  void refresh();
  void refreshSummary();

  JobQueue& queue_;
  std::map<int64_t, JobRow*> rows_;
  QBoxLayout* list_;
  QLabel* empty_;
  QLabel* summary_;
  QPushButton* start_;
  QComboBox* afterwards_;
};

}  // namespace fw
