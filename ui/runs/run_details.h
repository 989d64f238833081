#pragma once
#include <QElapsedTimer>
#include <QWidget>
#include <vector>

#include "ui/experiments/training.h"

class QLineEdit;
class QPlainTextEdit;
class QStackedWidget;
class QTabWidget;
class QTableWidget;
class QTimer;

namespace fw {

class CurvePlot;
class FilmStrip;
class GalleryView;
class StoreThread;

/// One run looked at closely, or several side by side: curves, gallery at any snapshot, parameters, numbers,
/// notes.
class RunDetails : public QWidget {
  Q_OBJECT
 public:
  explicit RunDetails(StoreThread* store, QWidget* parent = nullptr);
  ~RunDetails() override;  ///< notes that were just typed are still saved

  void setRuns(const std::vector<int64_t>& ids);
  const std::vector<int64_t>& runs() const { return ids_; }
  int64_t stepOf(int64_t runId) const;  ///< as of which step a run is shown; -1 when it is not
  int64_t age() const { return read_.isValid() ? read_.elapsed() : 0; }  ///< milliseconds since it was read
  CurvePlot* curves() const { return curves_; }
  GalleryView* gallery() const { return gallery_; }
  FilmStrip* filmStrip() const { return strip_; }
  QTableWidget* parameters() const { return parameters_; }
  QPlainTextEdit* notes() const { return notes_; }
  QTabWidget* tabs() const { return tabs_; }

 Q_SIGNALS:
  void said(const QString& text);
  void failed(const QString& text);
  void renamed();

 private:
  void take(std::vector<RunHistory> runs);
  void fillNotes();
  void fillParameters();
  void fillNumbers();
  void showStep(int64_t step);
  void saveNotes();

  StoreThread* store_;
  std::vector<int64_t> ids_;
  std::vector<RunHistory> histories_;
  QTabWidget* tabs_;
  CurvePlot* curves_;
  QStackedWidget* curvesOrHint_;
  GalleryView* gallery_;
  FilmStrip* strip_;
  QTableWidget *parameters_, *numbers_;
  QLineEdit* name_;
  QPlainTextEdit* notes_;
  QTimer* saveSoon_;
  int64_t notesOf_ = 0;
  QElapsedTimer read_;
};

}  // namespace fw
