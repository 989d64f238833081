#include "ui/widgets/curve_plot.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include "ui/theme.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr std::string_view kHeldOut = "validation/";

}  // namespace

MetricName metricOf(const std::string& series) {
  if (series.starts_with(kHeldOut)) return {series.substr(kHeldOut.size()), SeriesKind::Validation};
  return {series, SeriesKind::Train};
}

BaselineName baselineOf(const std::string& name) {
  const std::string metric = metricOf(name).metric;
  const auto open = metric.find(" (");
  if (open == std::string::npos || !metric.ends_with(')')) return {metric, "baseline"};
  return {metric.substr(0, open), metric.substr(open + 2, metric.size() - open - 3)};
}

CurvePlot::CurvePlot(QWidget* parent) : QWidget(parent), box_(new QComboBox), plot_(new LossPlot) {
  box_->setToolTip(u"Which number is drawn"_s);
  box_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  plot_->addControl(box_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(plot_);
  connect(box_, &QComboBox::activated, this, [this] { wanted_ = metric(); });
  connect(box_, &QComboBox::currentIndexChanged, this, &CurvePlot::showMetric);
}

void CurvePlot::setMetricLabel(const std::string& metric, const QString& label) {
  labels_[metric] = label;
  if (const int at = box_->findData(QString::fromStdString(metric)); at >= 0) box_->setItemText(at, label);
}

void CurvePlot::clear() {
  runs_.clear();
  metrics_.clear();
  best_.reset();
  const QSignalBlocker quiet(box_);
  box_->clear();
  plot_->clear();
}

void CurvePlot::addRun(const QString& run, int colour, const Series& scalars, const Series& scores,
                       const Scores& baselines) {
  Run& added = runs_.emplace_back(Run{run, colour, {}, baselines});
  for (const auto* series : {&scalars, &scores})
    for (const auto& [name, points] : *series) added.curves[name] = points;
  for (const auto& [name, points] : added.curves) offer(metricOf(name).metric);
  showMetric();
}

void CurvePlot::append(const QString& run, const Series& scalars, const Series& scores) {
  const auto found =
      std::find_if(runs_.begin(), runs_.end(), [&](const Run& each) { return each.name == run; });
  if (found == runs_.end()) return;
  bool isNew = false;
  for (const auto* series : {&scalars, &scores})
    for (const auto& [name, points] : *series) {
      auto& curve = found->curves[name];
      isNew |= curve.empty();
      curve.insert(curve.end(), points.begin(), points.end());
      const auto [metric, kind] = metricOf(name);
      if (isNew) offer(metric);
      if (metric == this->metric().toStdString()) plot_->append(legendName(*found, kind), points);
    }
  if (isNew) showMetric();
}

void CurvePlot::setBaselines(const QString& run, const Scores& baselines) {
  for (Run& each : runs_)
    if (each.name == run) each.baselines = baselines;
  showMetric();
}

void CurvePlot::setBest(const std::string& score, const Point& point) {
  best_ = {score, point};
  if (metricOf(score).metric == metric().toStdString() && runs_.size() == 1)
    plot_->setBest(legendName(runs_.front(), metricOf(score).kind), point);
}

QString CurvePlot::metric() const { return box_->currentData().toString(); }

void CurvePlot::setMetric(const QString& metric) {
  wanted_ = metric;
  if (const int at = box_->findData(metric); at >= 0) box_->setCurrentIndex(at);
}

void CurvePlot::offer(const std::string& metric) {
  if (!metrics_.insert(metric).second) return;
  const QSignalBlocker quiet(box_);
  const auto known = labels_.find(metric);
  QString label = known != labels_.end() ? known->second : QString::fromStdString(metric).replace(u'_', u' ');
  // The loss is what one looks at first; the rest in the order of the alphabet.
  const int at = metric == "loss" ? 0
                                  : int(std::distance(metrics_.begin(), metrics_.find(metric))) +
                                        (metrics_.contains("loss") && metric < "loss" ? 1 : 0);
  box_->insertItem(at, label, QString::fromStdString(metric));
  const int wanted = box_->findData(wanted_.isEmpty() ? u"loss"_s : wanted_);
  box_->setCurrentIndex(wanted >= 0 ? wanted : 0);
}

QString CurvePlot::legendName(const Run& run, SeriesKind kind) const {
  const QString side = kind == SeriesKind::Train ? u"training"_s : u"held out"_s;
  return runs_.size() == 1 ? side : u"%1, %2"_s.arg(run.name, side);
}

void CurvePlot::showMetric() {
  plot_->clear();
  const std::string chosen = metric().toStdString();
  if (chosen.empty()) return;
  plot_->setValueLabel(box_->currentText());
  const bool one = runs_.size() == 1;
  int baselineColour = 2;
  for (const Run& run : runs_) {
    for (const auto& [name, points] : run.curves) {
      const auto [metric, kind] = metricOf(name);
      if (metric != chosen) continue;
      // One run: training and held out differ in colour. Several: each has its own, told apart by their
      // points.
      plot_->setSeries(legendName(run, kind), kind,
                       one && kind == SeriesKind::Validation ? run.colour + 1 : run.colour, points);
    }
    if (&run != &runs_.front()) continue;  // trivial methods reach the same whatever the run
    for (const auto& [name, value] : run.baselines)
      if (const auto [metric, label] = baselineOf(name); metric == chosen)
        plot_->setBaseline(QString::fromStdString(label), one ? baselineColour++ : -1, value);
  }
  if (best_) setBest(best_->first, best_->second);
}

}  // namespace fw
