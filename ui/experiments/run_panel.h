#pragma once
#include <QElapsedTimer>
#include <QPointer>
#include <QWidget>
#include <opencv2/core.hpp>
#include <optional>

#include "core/image/gallery.h"
#include "core/params/schema.h"

class QHBoxLayout;
class QLabel;
class QProgressBar;
class QPushButton;
class QTabWidget;
class QTimer;

namespace fw {

class CloserRow;
class CurvePlot;
class FilmStrip;
class GalleryView;
class HolePainter;
class LayerInspector;
class MessageBar;
class NumberEdit;
class RunScores;
class StoreThread;
class Training;

/// One run as it goes, or as it went: its curves, its gallery with the film strip over its snapshots, its
/// scores, its layers, and what a person may do to it.
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
  RunScores* scores() const { return scores_; }
  LayerInspector* layers() const { return layers_; }
  HolePainter* holePainter() const { return holes_; }
  CloserRow* closer() const { return closer_; }
  QTabWidget* tabs() const { return tabs_; }
  QWidget* changeable(const std::string& parameter) const;  ///< the field of what may change while it trains

 Q_SIGNALS:
  void startNowAsked(Training* training);
  /// `until`: the step it is to end at; none: as it was to.
  void resumeAsked(int64_t runId, std::optional<double> learningRate, std::optional<int64_t> until);

 private:
  void showChip();
  void showState();
  void showProgress();
  void showStep(int64_t step);
  void takeSnapshotSteps();
  void resume();
  void suggestEnd();
  std::optional<double> editedRate() const;
  void takeLearningRate();
  void exportLearning();
  QWidget* makeControls();
  QWidget* makeTabs();
  void fillChangeable();
  QString rateInForce() const;
  void showRate();
  void showChangeable(bool alive, bool resumable);
  void change(const Parameter& parameter, const Value& value);
  void showGallery(const Gallery& gallery);
  void showScores();
  void fillHole();
  void lookCloser(std::size_t row, std::size_t column, QPoint pixel);
  void meterLayers();

  StoreThread* store_;
  QPointer<Training> training_;
  QLabel* title_;
  QLabel* state_;
  QLabel* progressText_;
  QProgressBar* progress_;
  QPushButton *pause_, *step_, *stop_, *now_, *resume_;
  NumberEdit* until_;  ///< the step that a resumed run is to end at
  QLabel* untilLabel_;
  NumberEdit* rate_;
  QElapsedTimer stopped_;  // since Stop was clicked
  QString shownRate_;      // what the field was last filled with, or what was set
  QLabel* rateLabel_;
  MessageBar* message_;
  CurvePlot* curves_;
  GalleryView* gallery_;
  FilmStrip* strip_;
  QTabWidget* tabs_;
  RunScores* scores_;
  LayerInspector* layers_;
  HolePainter* holes_;
  CloserRow* closer_;
  QLabel* closerHint_;
  QWidget* changes_;  ///< what may change while it trains, and the learning rate before it is resumed
  QLabel* changesCaption_;
  QWidget* ownChanges_;  ///< what only this experiment has
  QWidget* controls_;
  QTimer* meterAgain_;
  bool filling_ = false, metering_ = false;
  std::optional<std::pair<std::size_t, cv::Mat>> nextHole_;  ///< painted while another one is being filled
};

}  // namespace fw
