#pragma once
#include <QElapsedTimer>
#include <QWidget>
#include <map>
#include <optional>
#include <vector>

#include "core/store/run.h"

class QCheckBox;
class QComboBox;
class QCPGraph;
class QCPItemLine;
class QCPItemText;
class QCPLegend;
class QCustomPlot;
class QHBoxLayout;
class QLabel;
class QSlider;
class QToolButton;

namespace fw {

enum class SeriesKind {
  Train,       ///< every step: the raw values faint, smoothed ones bold
  Validation,  ///< now and then: a line with its points
  Baseline     ///< what a trivial method reaches: a dashed level
};

/// Named curves over training: zoom by wheel (over an axis: only that one), drag to pan, double click for
/// all; the values under the cursor are read out. No point is thinned away, so a spike stays a spike.
class LossPlot : public QWidget {
  Q_OBJECT
 public:
  explicit LossPlot(QWidget* parent = nullptr);
  ~LossPlot() override;

  /// Makes the series or replaces its points. `colour` counts through the theme's series colours.
  void setSeries(const QString& name, SeriesKind kind, int colour, std::vector<Point> points);
  /// Cheap: later points than those there are.
  void append(const QString& name, const std::vector<Point>& points);
  void setBaseline(const QString& name, int colour, double value);
  void setBest(const QString& series, const Point& point);  ///< marks it; a star and its value
  void setValueLabel(const QString& text);                  ///< "loss", "PSNR (dB)"
  void clear();
  bool has(const QString& name) const { return curves_.contains(name); }

  void setLogX(bool on);
  void setLogY(bool on);
  /// Errors fall over decades, scores rise within one: with saved options each has its own way of log y.
  void showErrors(bool on);
  void setBySeconds(bool on);
  void setSmoothing(double weight);            ///< 0 none … 0.99
  void showAll();                              ///< and follow as points come
  void setOptionsSaved(const QString& group);  ///< remembers axes and smoothing under this name

  void addControl(QWidget* control);  ///< at the left of the row of options

  std::optional<Point> best() const { return best_; }
  QCustomPlot* plot() const { return plot_; }
  QString csv() const;  ///< series,kind,step,seconds,value: every point
  /// PNG, PDF or CSV by the ending. Throws Error.
  void exportTo(const QString& file);

 Q_SIGNALS:
  void exported(const QString& file);
  void exportFailed(const QString& message);

 protected:
  bool eventFilter(QObject*, QEvent*) override;
  void resizeEvent(QResizeEvent*) override;
  void changeEvent(QEvent*) override;
  void showEvent(QShowEvent*) override;

 private:
  struct Curve;
  void dress();  ///< colours of the theme
  void rebuild(Curve& curve);
  void extend(Curve& curve, std::size_t from);
  QString logYKey() const;
  void placeBest();
  void placeBaselines();
  void fitAxes();
  void scheduleReplot();
  void replotNow();
  void readOut(const QPointF& position);
  void chooseExport();
  double keyOf(const Point& point) const { return bySeconds_ ? point.seconds : double(point.step); }

  std::map<QString, std::unique_ptr<Curve>> curves_;
  QCustomPlot* plot_;
  QCPGraph* bestMark_;
  QCPItemText* bestText_;
  QCPItemLine* cursor_;
  QHBoxLayout* bar_;
  QLabel* readout_;
  QComboBox* xUnit_;
  QToolButton* logX_;
  QToolButton* logY_;
  QLabel* smoothingLabel_;
  QSlider* smoothingSlider_;
  QString bestSeries_, settingsGroup_, valueLabel_;
  std::optional<Point> best_;
  double smoothing_ = 0.9;
  bool bySeconds_ = false, errors_ = true, following_ = true, replotPending_ = false;
  QElapsedTimer lastReplot_;
  double replotMilliseconds_ = 0;
};

}  // namespace fw
