#pragma once
#include <QPointer>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;
class QTimer;

namespace fw {

class CurvePlot;
class FilmStrip;
class GalleryView;
class MessageBar;
class NumberEdit;
class StoreThread;
class Training;

/// One training as it goes: its curves, its gallery, the film strip over its snapshots, and what a person may
/// do to it.
class RunPanel : public QWidget {
  Q_OBJECT
 public:
  explicit RunPanel(StoreThread* store, QWidget* parent = nullptr);

  void setTraining(Training* training);  ///< null: nothing yet
  Training* training() const { return training_; }

  void togglePause();
  void stepOnce();
  void stop();

  GalleryView* gallery() const { return gallery_; }
  CurvePlot* curves() const { return curves_; }
  FilmStrip* filmStrip() const { return strip_; }

 Q_SIGNALS:
  void startNowAsked(Training* training);

 private:
  void showState();
  void showProgress();
  void showStep(int64_t step);
  void takeSnapshotSteps();
  void takeLearningRate();
  void exportLearning();

  StoreThread* store_;
  QPointer<Training> training_;
  QLabel* title_;
  QLabel* state_;
  QLabel* progressText_;
  QProgressBar* progress_;
  QPushButton *pause_, *step_, *stop_, *now_;
  NumberEdit* rate_;
  QLabel* rateLabel_;
  MessageBar* message_;
  CurvePlot* curves_;
  GalleryView* gallery_;
  FilmStrip* strip_;
  QWidget* controls_;
};

}  // namespace fw
