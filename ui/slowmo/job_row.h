#pragma once
#include <QFrame>

#include "ui/slowmo/job_queue.h"

class QBoxLayout;
class QLabel;
class QProgressBar;
class QPushButton;
class QToolButton;

namespace fw {

/// One job in the queue: what it makes, how far it is, and what can be done with it.
class JobRow : public QFrame {
  Q_OBJECT
 public:
  JobRow(JobQueue& queue, int64_t id, QWidget* parent = nullptr);

  int64_t id() const { return id_; }
  void showJob(const JobCard& card);
  void showProgress();  ///< between two lists, while it is being made
  void askToCancel();   ///< inline: keep the finished part or not

 Q_SIGNALS:
  void playRequested(const QString& file);
  void watchRequested(qint64 id);  ///< of a job that is being made
  void editRequested(qint64 id);

 private:
  void buildMenu();
  QString stateText() const;
  bool mine() const { return queue_.running(id_); }
  bool anythingMade() const { return card_.record.progress > 0; }

  JobQueue& queue_;
  int64_t id_;
  JobCard card_;
  QLabel* title_;
  QLabel* what_;
  QLabel* state_;
  QProgressBar* bar_;
  QToolButton* go_;
  QToolButton* play_;
  QToolButton* more_;
  QWidget* question_;
  QPushButton* copy_;
};

/// "Slow motion 4×", "Smooth to 60 fps": what a request does, in a few words.
QString requestText(const SlowmoRequest& request);

}  // namespace fw
