#include "ui/widgets/curve_plot.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include "ui/theme.h"
#include "ui/widgets/choice_box.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr const char* kTraining = "training";

}  // namespace

QString metricText(const std::string& metric) {
  for (const auto* acronym : {"psnr", "ssim", "mse", "mae"})
    if (metric == acronym) return QString::fromStdString(metric).toUpper();
  QString text = QString::fromStdString(metric).replace(u'_', u' ');
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

MetricName metricOf(const std::string& series) {
  const auto slash = series.find('/');
  if (slash == std::string::npos) return {series, kTraining};
  const std::string side = series.substr(0, slash);
  return {series.substr(slash + 1), side == "validation" ? "held out" : side};
}

BaselineName baselineOf(const std::string& name) {
  const std::string metric = metricOf(name).metric;
  const auto open = metric.find(" (");
  if (open == std::string::npos || !metric.ends_with(')')) return {metric, "baseline"};
  return {metric.substr(0, open), metric.substr(open + 2, metric.size() - open - 3)};
}

CurvePlot::CurvePlot(QWidget* parent) : QWidget(parent), box_(new ChoiceBox), plot_(new LossPlot) {
  box_->setToolTip(u"Which number is drawn"_s);
  box_->setMinimumWidth(27 * kGrid);
  plot_->addControl(box_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(plot_);
  connect(box_, &QComboBox::activated, this, [this] { wanted_ = shownMetric(); });
  connect(box_, &QComboBox::currentIndexChanged, this, &CurvePlot::showMetric);
}

void CurvePlot::setMetricLabel(const std::string& metric, const QString& label, bool lowestIsBest) {
  labels_[metric] = label;
  if (!lowestIsBest) rising_.insert(metric);
  if (const int at = box_->findData(QString::fromStdString(metric)); at >= 0) box_->setItemText(at, label);
}

void CurvePlot::clear() {
  runs_.clear();
  labels_.clear();
  rising_.clear();
  metrics_.clear();
  best_.reset();
  const QSignalBlocker quiet(box_);
  box_->clear();
  plot_->clear();
}

void CurvePlot::addRun(const QString& run, int colour, const Series& scalars, const Series& scores,
                       const Scores& baselines) {
  const auto known = std::ranges::find(runs_, run, &Run::name);
  Run& added = known != runs_.end() ? *known : runs_.emplace_back();
  added = Run{run, colour, {}, baselines};
  for (const auto& [name, points] : scalars) added.curves[name] = {SeriesKind::Train, points};
  for (const auto& [name, points] : scores) added.curves[name] = {SeriesKind::Validation, points};
  for (const auto& [name, curve] : added.curves) offer(metricOf(name).metric);
  showMetric();
}

void CurvePlot::append(const QString& run, const Series& scalars, const Series& scores) {
  const auto found =
      std::find_if(runs_.begin(), runs_.end(), [&](const Run& each) { return each.name == run; });
  if (found == runs_.end()) return;
  bool isNew = false;
  const std::string shown = shownMetric().toStdString();
  for (const auto& [series, kind] :
       {std::pair(&scalars, SeriesKind::Train), {&scores, SeriesKind::Validation}})
    for (const auto& [name, points] : *series) {
      auto& curve = found->curves[name];
      const auto [metric, side] = metricOf(name);
      if (curve.second.empty()) {
        isNew = true;
        curve.first = kind;
        offer(metric);
      }
      curve.second.insert(curve.second.end(), points.begin(), points.end());
      if (metric == shown) plot_->append(legendName(*found, side), points);
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
  if (metricOf(score).metric == shownMetric().toStdString() && runs_.size() == 1)
    plot_->setBest(legendName(runs_.front(), metricOf(score).side), point);
}

QString CurvePlot::shownMetric() const { return box_->currentData().toString(); }

void CurvePlot::setMetric(const QString& metric) {
  wanted_ = metric;
  if (const int at = box_->findData(metric); at >= 0) box_->setCurrentIndex(at);
}

void CurvePlot::offer(const std::string& metric) {
  if (!metrics_.insert(metric).second) return;
  const QSignalBlocker quiet(box_);
  const auto known = labels_.find(metric);
  const QString label = known != labels_.end() ? known->second : metricText(metric);
  // The loss is what one looks at first; the rest in the order of the alphabet.
  const int at = metric == "loss" ? 0
                                  : int(std::distance(metrics_.begin(), metrics_.find(metric))) +
                                        (metrics_.contains("loss") && metric < "loss" ? 1 : 0);
  box_->insertItem(at, label, QString::fromStdString(metric));
  const int wanted = box_->findData(wanted_.isEmpty() ? u"loss"_s : wanted_);
  box_->setCurrentIndex(wanted >= 0 ? wanted : 0);
}

QString CurvePlot::legendName(const Run& run, const std::string& side) const {
  const QString text = QString::fromStdString(side);
  return runs_.size() == 1 ? text : u"%1, %2"_s.arg(run.name, text);
}

void CurvePlot::showMetric() {
  plot_->clear();
  const std::string chosen = shownMetric().toStdString();
  if (chosen.empty()) return;
  plot_->setValueLabel(box_->currentText());
  plot_->showErrors(!rising_.contains(chosen));
  const bool one = runs_.size() == 1;
  for (const Run& run : runs_) {
    // One run: its sides differ in colour. Several: each run has its own, and its sides differ in their
    // points.
    int colour = run.colour;
    for (const bool training : {true, false})
      for (const auto& [name, curve] : run.curves) {
        const auto [metric, side] = metricOf(name);
        if (metric != chosen || (side == kTraining) != training) continue;
        plot_->setSeries(legendName(run, side), curve.first, colour, curve.second);
        if (one) ++colour;
      }
    if (&run != &runs_.front()) continue;  // trivial methods reach the same whatever the run
    colour = std::max(colour, 2);
    for (const auto& [name, value] : run.baselines)
      if (const auto [metric, label] = baselineOf(name); metric == chosen)
        plot_->setBaseline(QString::fromStdString(label), one ? colour++ : -1, value);
  }
  if (best_) setBest(best_->first, best_->second);
}

}  // namespace fw
