#pragma once
#include <QWidget>
#include <cstdint>
#include <vector>

class QLabel;
class QSlider;
class QTimer;
class QToolButton;

namespace fw {

/// A slider over the moments something was kept at, with a play button. While it stands at the last one it
/// follows as more come.
class FilmStrip : public QWidget {
  Q_OBJECT
 public:
  explicit FilmStrip(QWidget* parent = nullptr);

  void setSteps(std::vector<int64_t> steps);  ///< rising
  const std::vector<int64_t>& steps() const { return steps_; }
  int64_t step() const;        ///< -1 while there are none
  void setStep(int64_t step);  ///< to the last one not after `step`
  bool atLatest() const;
  bool playing() const;
  void play();  ///< from here, or from the beginning when at the end
  void pause();

 Q_SIGNALS:
  void stepChosen(int64_t step);  ///< by hand, by playing, or by following

 private:
  void showWhere();
  std::vector<int64_t> steps_;
  QToolButton* play_;
  QSlider* slider_;
  QLabel* text_;
  QTimer* timer_;
};

}  // namespace fw
