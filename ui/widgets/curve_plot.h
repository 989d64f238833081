#pragma once
#include <QWidget>
#include <set>

#include "core/store/run.h"
#include "ui/widgets/loss_plot.h"

class QComboBox;

namespace fw {

/// Where a curve belongs: "validation/psnr" is the side "held out" of the metric "psnr"; a plain "loss" is of
/// the training.
struct MetricName {
  std::string metric, side;
};
MetricName metricOf(const std::string& series);
QString metricText(const std::string& metric);  ///< "PSNR", "Learning rate"
/// "validation/mse (predict zero)" is a level of the metric "mse" called "predict zero".
struct BaselineName {
  std::string metric, label;
};
BaselineName baselineOf(const std::string& name);

/// All curves of one or several runs, of which one metric is looked at at a time: a LossPlot and a box to
/// choose it.
class CurvePlot : public QWidget {
  Q_OBJECT
 public:
  explicit CurvePlot(QWidget* parent = nullptr);

  /// How a metric is written in the box and beside the axis, by its name: "PSNR on held-out pictures (dB)".
  void setMetricLabel(const std::string& metric, const QString& label, bool lowestIsBest);
  void clear();
  /// Replaces one of this name. With one run its name is left out of the legend. `colour` counts through the
  /// theme's colours.
  void addRun(const QString& run, int colour, const Series& scalars, const Series& scores,
              const Scores& baselines);
  void append(const QString& run, const Series& scalars, const Series& scores);
  void setBaselines(const QString& run, const Scores& baselines);
  void setBest(const std::string& score, const Point& point);

  QString shownMetric() const;
  void setMetric(const QString& metric);
  LossPlot* plot() const { return plot_; }

 private:
  struct Run {
    QString name;
    int colour;
    std::map<std::string, std::pair<SeriesKind, std::vector<Point>>> curves;
    Scores baselines;
  };
  void offer(const std::string& metric);
  void showMetric();
  QString legendName(const Run& run, const std::string& side) const;

  std::vector<Run> runs_;
  std::map<std::string, QString> labels_;
  std::set<std::string> rising_;  ///< metrics whose highest value is best
  std::set<std::string> metrics_;
  std::optional<std::pair<std::string, Point>> best_;
  QString wanted_;  ///< chosen by the person; kept while other runs are shown
  QComboBox* box_;
  LossPlot* plot_;
};

}  // namespace fw
