#pragma once
#include <QTimer>
#include <QWidget>

#include "core/slowmo/preview.h"
#include "ui/work/mailbox.h"
#include "ui/work/task.h"

class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QSlider;
class QToolButton;

namespace fw {

class CompareView;

/// The next seconds at the playhead, made with the current settings and played against the original.
class PreviewPanel : public QWidget {
  Q_OBJECT
 public:
  explicit PreviewPanel(QWidget* parent = nullptr);

  /// What make() would make; what was made before is then called out of date.
  void setRequest(const SlowmoRequest& request, double from, double duration);
  void make();
  void clear();
  double madeAt() const { return madeAt_; }
  bool making() const { return task_.running(); }
  int frames() const { return static_cast<int>(frames_.size()); }
  CompareView* compare() const { return compare_; }

  void togglePlaying();
  void step(int direction);

 Q_SIGNALS:
  void failed(const QString& message);
  void sourceTimeShown(double seconds);

 protected:
  void hideEvent(QHideEvent*) override;

 private:
  struct News {
    PreviewFrame latest;
    double fraction = 0;
  };
  void takeFrames(PreviewFrames preview);
  void showFrame(int index);
  void setPlaying(bool playing);
  void showState();

  SlowmoRequest request_, madeFrom_;
  double from_ = 0, madeAt_ = 0, duration_ = 0;
  std::vector<PreviewFrame> frames_;
  int shown_ = 0;
  bool playing_ = false;
  std::shared_ptr<Mailbox<News>> mailbox_;
  std::shared_ptr<PreviewFrames> coming_;
  int height_ = 0;
  QTimer timer_;
  CompareView* compare_;
  QToolButton* play_;
  QComboBox* speed_;
  QSlider* position_;
  QLabel* time_;
  QProgressBar* bar_;
  QLabel* state_;
  QPushButton* make_;
  Task task_;
};

}  // namespace fw
