#pragma once
#include <QFrame>
#include <QPointer>
#include <map>

class QHBoxLayout;
class QScrollArea;
class QToolButton;

namespace fw {

class Training;
class TrainingQueue;

/// The runs of this session in a row: what trains, what waits, what is done. Hidden while there are none.
class SessionBar : public QFrame {
  Q_OBJECT
 public:
  explicit SessionBar(TrainingQueue* queue, QWidget* parent = nullptr);
  void setCurrent(Training* training);

 Q_SIGNALS:
  void chosen(Training* training);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;  ///< the wheel moves the row sideways

 private:
  void rebuild();
  void showCurrent();
  void write(Training* training);

  TrainingQueue* queue_;
  QPointer<Training> current_;
  std::map<Training*, QToolButton*> buttons_;
  QHBoxLayout* row_;
  QScrollArea* scroll_;
};

}  // namespace fw
