#pragma once
#include <QTimer>
#include <QWidget>

#include "core/slowmo/job.h"
#include "ui/slowmo/job_runner.h"

class QLabel;
class QPushButton;
class QSlider;
class QStackedWidget;

namespace fw {

class CompareView;
class Player;

/// Frames as they are made, against the originals they come from; and results, played.
class ResultView : public QWidget {
  Q_OBJECT
 public:
  explicit ResultView(QWidget* parent = nullptr);

  void watch(const QString& name);  ///< of the job whose news will come; a film that plays stays
  void showWatching();              ///< instead of a film
  void showNews(const JobNews& news);
  void play(const std::filesystem::path& file, double duration, const QString& name);
  Player* player() const { return player_; }
  bool watching() const;
  int framesShown() const { return framesShown_; }

 Q_SIGNALS:
  void soFarRequested();  ///< play what is made so far
  void openedIdle();      ///< there is nothing to watch
  void changedOver();     ///< from watching to playing, or back

 protected:
  void showEvent(QShowEvent*) override;
  void hideEvent(QHideEvent*) override;

 private:
  void showFrames();

  QStackedWidget* stack_;
  CompareView* compare_;
  Player* player_;
  QSlider* seek_;  ///< through a result that plays
  double duration_ = 0;
  QLabel* title_;
  QLabel* moment_;
  QPushButton* soFar_;
  QPushButton* back_;
  QString job_;
  cv::Mat original_, made_;
  QTimer* soon_;  ///< frames are shown
  int framesShown_ = 0;
};

}  // namespace fw
