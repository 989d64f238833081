#pragma once
#include <QWidget>

#include "core/slowmo/inside_look.h"
#include "ui/work/task.h"

class QBoxLayout;
class QButtonGroup;
class QLabel;
class QPushButton;
class QSlider;

namespace fw {

class FrameView;
class MapLegend;

/// Look inside a made frame at the playhead: its motion, what hid what, how sure the engine was, and what it
/// was mixed from.
class InsideView : public QWidget {
  Q_OBJECT
 public:
  explicit InsideView(QWidget* parent = nullptr);

  /// What to look at when asked; work begins when the view is shown or `look()` is called.
  void setQuestion(const InsideQuestion& question);
  void look();
  const InsideLook& shown() const { return look_; }

 Q_SIGNALS:
  void failed(const QString& message);

 protected:
  void showEvent(QShowEvent*) override;

 private:
  void takeAnswer(InsideLook look);
  void showPicture(int index);

  InsideQuestion question_;
  bool stale_ = true;
  InsideLook look_;
  std::string wanted_;  ///< the map that was looked at last, by its name
  FrameView* view_;
  QBoxLayout* choices_;
  QButtonGroup* buttons_;
  QSlider* between_;
  QLabel* moment_;
  QLabel* meaning_;
  MapLegend* legend_;
  Task task_;
};

}  // namespace fw
