#include "ui/widgets/loss_plot.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSettings>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "ui/theme.h"
#include "ui/widgets/custom_plot.h"
#include "ui/widgets/save_file.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr double kFaint = 0.28, kFaintOnDark = 0.45;  ///< opacity of raw curves behind their smoothed ones
constexpr double kReplotShare = 0.2;                  ///< of the UI thread's time at most
constexpr int kShortestReplotGap = 50;                ///< ms
constexpr double kMargin = 0.05;                      ///< of air around the curves

QColor withAlpha(QColor colour, double alpha) {
  colour.setAlphaF(float(alpha));
  return colour;
}

QString shortNumber(double value) {
  const double size = std::abs(value);
  return QString::number(value, size != 0 && (size < 1e-3 || size >= 1e5) ? 'e' : 'g',
                         size < 1e-3 || size >= 1e5 ? 2 : 4);
}

const char* kindText(SeriesKind kind) {
  return kind == SeriesKind::Train ? "train" : kind == SeriesKind::Validation ? "validation" : "baseline";
}

QToolButton* flatButton(const QString& iconName, const QString& text, const QString& tip) {
  auto* button = new QToolButton;
  if (!iconName.isEmpty()) button->setIcon(icon(iconName));
  button->setText(text);
  button->setToolTip(tip);
  if (!text.isEmpty())
    button->setToolButtonStyle(iconName.isEmpty() ? Qt::ToolButtonTextOnly : Qt::ToolButtonTextBesideIcon);
  return button;
}

}  // namespace

struct LossPlot::Curve {
  SeriesKind kind;
  int colour;
  std::vector<Point> points;
  double level = 0;  ///< of a baseline
  QCPGraph* raw = nullptr;
  QCPGraph* smooth = nullptr;      ///< training curves only
  double running = 0, weight = 0;  ///< of the exponential mean, so that it can go on where it was
};

LossPlot::LossPlot(QWidget* parent)
    : QWidget(parent), plot_(new QCustomPlot), readout_(label({}, TextRole::Small)), xUnit_(new QComboBox) {
  plot_->setMinimumHeight(160);
  plot_->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  plot_->setNoAntialiasingOnDrag(true);
  plot_->setPlottingHint(QCP::phFastPolylines, true);
  plot_->xAxis->setNumberFormat(u"gb"_s);
  plot_->yAxis->setNumberFormat(u"gb"_s);
  plot_->xAxis->setNumberPrecision(5);
  plot_->yAxis->setNumberPrecision(4);
  plot_->axisRect()->setupFullAxesBox(false);
  // What follows the cursor has a buffer of its own: moving it repaints no curve.
  plot_->addLayer(u"cursor"_s, plot_->layer(u"overlay"_s));
  plot_->layer(u"cursor"_s)->setMode(QCPLayer::lmBuffered);
  cursor_ = new QCPItemLine(plot_);
  cursor_->setLayer(u"cursor"_s);
  cursor_->start->setTypeX(QCPItemPosition::ptPlotCoords);
  cursor_->start->setTypeY(QCPItemPosition::ptAxisRectRatio);
  cursor_->end->setTypeX(QCPItemPosition::ptPlotCoords);
  cursor_->end->setTypeY(QCPItemPosition::ptAxisRectRatio);
  cursor_->setVisible(false);
  bestMark_ = plot_->addGraph();
  bestMark_->setLineStyle(QCPGraph::lsNone);
  bestMark_->removeFromLegend();
  bestText_ = new QCPItemText(plot_);
  bestText_->setPositionAlignment(Qt::AlignHCenter | Qt::AlignBottom);
  bestText_->setPadding(QMargins(4, 0, 4, 8));
  bestText_->setClipToAxisRect(true);
  bestText_->setVisible(false);

  // The legend stands above the curves, never on them.
  auto* row = new QCPLayoutGrid;
  plot_->plotLayout()->insertRow(0);
  plot_->plotLayout()->addElement(0, 0, row);
  row->addElement(0, 0, plot_->legend);
  row->addElement(0, 1, new QCPLayoutElement(plot_));
  row->setColumnStretchFactor(0, 0.001);
  plot_->plotLayout()->setRowStretchFactor(0, 0.001);
  plot_->plotLayout()->setRowSpacing(0);
  plot_->legend->setFillOrder(QCPLegend::foColumnsFirst);
  plot_->legend->setWrap(4);
  plot_->legend->setBorderPen(Qt::NoPen);
  plot_->legend->setBrush(Qt::NoBrush);
  plot_->legend->setVisible(true);
  plot_->legend->setMargins(QMargins(0, 0, 0, 4));
  plot_->legend->setSelectableParts(QCPLegend::spNone);

  xUnit_->addItems({u"by step"_s, u"by seconds"_s});
  xUnit_->setToolTip(u"What runs along the bottom"_s);
  logX_ = flatButton({}, u"log x"_s, u"Logarithmic steps or seconds: the beginning gets room"_s);
  logY_ = flatButton({}, u"log y"_s, u"Logarithmic values: small losses stay visible"_s);
  logX_->setCheckable(true);
  logY_->setCheckable(true);
  smoothingSlider_ = new QSlider(Qt::Horizontal);
  smoothingSlider_->setRange(0, 99);
  smoothingSlider_->setValue(int(smoothing_ * 100));
  smoothingSlider_->setFixedWidth(12 * kGrid);
  smoothingSlider_->setToolTip(
      u"How much the bold curves are smoothed; the raw values stay faint behind them"_s);
  auto* all = flatButton(u"zoom-fit"_s, {}, u"Show everything and follow (double click)"_s);
  auto* save = flatButton(u"export"_s, {}, u"Save the plot as PNG or PDF, or its points as CSV"_s);
  for (auto* button : {all, save}) button->setProperty("flat", true);
  readout_->setWordWrap(false);
  readout_->setTextFormat(Qt::RichText);
  readout_->setParent(plot_);
  readout_->setObjectName(u"card"_s);
  readout_->setContentsMargins(kGrid, kGrid / 2, kGrid, kGrid / 2);
  readout_->setAttribute(Qt::WA_TransparentForMouseEvents);
  readout_->hide();
  plot_->installEventFilter(this);
  bar_ = new QHBoxLayout;
  bar_->setContentsMargins(0, 0, 0, 0);
  bar_->setSpacing(kGrid);
  bar_->addWidget(xUnit_);
  bar_->addWidget(logX_);
  bar_->addWidget(logY_);
  smoothingLabel_ = label(u"smoothing"_s, TextRole::Small, true);
  smoothingLabel_->setWordWrap(false);
  bar_->addWidget(smoothingLabel_);
  bar_->addWidget(smoothingSlider_);
  bar_->addStretch(1);
  bar_->addWidget(all);
  bar_->addWidget(save);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid / 2);
  layout->addLayout(bar_);
  layout->addWidget(plot_, 1);

  connect(xUnit_, &QComboBox::currentIndexChanged, this, [this](int index) { setBySeconds(index == 1); });
  connect(logX_, &QToolButton::toggled, this, &LossPlot::setLogX);
  connect(logY_, &QToolButton::toggled, this, &LossPlot::setLogY);
  connect(smoothingSlider_, &QSlider::valueChanged, this, [this](int value) { setSmoothing(value / 100.0); });
  connect(all, &QToolButton::clicked, this, &LossPlot::showAll);
  connect(save, &QToolButton::clicked, this, &LossPlot::chooseExport);
  connect(plot_, &QCustomPlot::mouseDoubleClick, this, &LossPlot::showAll);
  connect(plot_, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) { readOut(event->position()); });
  connect(plot_, &QCustomPlot::mousePress, this, [this] { following_ = false; });
  connect(plot_, &QCustomPlot::mouseWheel, this, [this](QWheelEvent* event) {
    following_ = false;
    const QPointF at = event->position();
    const bool overX = plot_->xAxis->selectTest(at, false) >= 0 && at.y() > plot_->axisRect()->bottom(),
               overY = plot_->yAxis->selectTest(at, false) >= 0 && at.x() < plot_->axisRect()->left();
    plot_->axisRect()->setRangeZoom(overX   ? Qt::Horizontal
                                    : overY ? Qt::Vertical
                                            : Qt::Horizontal | Qt::Vertical);
  });
  dress();
}

LossPlot::~LossPlot() = default;

void LossPlot::setSeries(const QString& name, SeriesKind kind, int colour, std::vector<Point> points) {
  auto& slot = curves_[name];
  if (!slot) {
    slot = std::make_unique<Curve>();
    slot->raw = plot_->addGraph();
    slot->raw->setName(name);
    if (kind == SeriesKind::Train) {
      slot->smooth = plot_->addGraph();
      slot->smooth->setName(name);
      slot->raw->removeFromLegend();
    }
  }
  slot->kind = kind;
  slot->colour = colour;
  slot->points = std::move(points);
  dress();
  rebuild(*slot);
  scheduleReplot();
}

void LossPlot::append(const QString& name, const std::vector<Point>& points) {
  const auto found = curves_.find(name);
  if (found == curves_.end() || points.empty()) return;
  Curve& curve = *found->second;
  const std::size_t from = curve.points.size();
  curve.points.insert(curve.points.end(), points.begin(), points.end());
  extend(curve, from);
  scheduleReplot();
}

void LossPlot::setBaseline(const QString& name, int colour, double value) {
  if (const auto found = curves_.find(name); found != curves_.end() && found->second->level == value) return;
  setSeries(name, SeriesKind::Baseline, colour, {});
  curves_[name]->level = value;
  scheduleReplot();
}

void LossPlot::setBest(const QString& series, const Point& point) {
  bestSeries_ = series;
  best_ = point;
  scheduleReplot();
}

void LossPlot::setValueLabel(const QString& text) {
  valueLabel_ = text;
  scheduleReplot();
}

void LossPlot::clear() {
  for (auto& [name, curve] : curves_) {
    plot_->removeGraph(curve->raw);
    if (curve->smooth) plot_->removeGraph(curve->smooth);
  }
  curves_.clear();
  best_.reset();
  readout_->clear();
  following_ = true;
  scheduleReplot();
}

void LossPlot::setLogX(bool on) {
  logX_->setChecked(on);
  plot_->xAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  plot_->xAxis->setTicker(on ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog)
                             : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
  if (!settingsGroup_.isEmpty()) QSettings().setValue(settingsGroup_ + u"/logX"_s, on);
  showAll();
}

void LossPlot::setLogY(bool on) {
  logY_->setChecked(on);
  plot_->yAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  plot_->yAxis->setTicker(on ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog)
                             : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
  if (!settingsGroup_.isEmpty()) QSettings().setValue(logYKey(), on);
  for (auto& [name, curve] : curves_) rebuild(*curve);  // means are taken as the axis counts
  showAll();
}

void LossPlot::setBySeconds(bool on) {
  bySeconds_ = on;
  xUnit_->setCurrentIndex(on ? 1 : 0);
  if (!settingsGroup_.isEmpty()) QSettings().setValue(settingsGroup_ + u"/bySeconds"_s, on);
  for (auto& [name, curve] : curves_) rebuild(*curve);
  showAll();
}

void LossPlot::setSmoothing(double weight) {
  smoothing_ = std::clamp(weight, 0.0, 0.99);
  smoothingSlider_->setValue(int(std::lround(smoothing_ * 100)));
  if (!settingsGroup_.isEmpty()) QSettings().setValue(settingsGroup_ + u"/smoothing"_s, smoothing_);
  for (auto& [name, curve] : curves_) rebuild(*curve);
  dress();
  scheduleReplot();
}

void LossPlot::setOptionsSaved(const QString& group) {
  QSettings settings;
  setLogX(settings.value(group + u"/logX"_s, false).toBool());
  setBySeconds(settings.value(group + u"/bySeconds"_s, false).toBool());
  setSmoothing(settings.value(group + u"/smoothing"_s, smoothing_).toDouble());
  settingsGroup_ = group;
  showErrors(errors_);
}

void LossPlot::showErrors(bool on) {
  errors_ = on;
  if (!settingsGroup_.isEmpty()) setLogY(QSettings().value(logYKey(), errors_).toBool());
}

QString LossPlot::logYKey() const { return settingsGroup_ + (errors_ ? u"/logY"_s : u"/logYOfScores"_s); }

void LossPlot::showAll() {
  following_ = true;
  scheduleReplot();
}

void LossPlot::addControl(QWidget* control) { bar_->insertWidget(0, control); }

void LossPlot::rebuild(Curve& curve) {
  curve.raw->data()->clear();
  if (curve.smooth) curve.smooth->data()->clear();
  curve.running = curve.weight = 0;
  extend(curve, 0);
}

void LossPlot::extend(Curve& curve, std::size_t from) {
  const auto count = int(curve.points.size() - from);
  QVector<QCPGraphData> raw, smooth;
  raw.reserve(count);
  if (curve.smooth) smooth.reserve(count);
  for (std::size_t i = from; i < curve.points.size(); ++i) {
    const Point& point = curve.points[i];
    raw.append({keyOf(point), point.value});
    if (!curve.smooth || !std::isfinite(point.value)) continue;
    // Where factors are what is seen they are averaged: a mean of values would lag a decade behind a fall.
    const bool factors = plot_->yAxis->scaleType() == QCPAxis::stLogarithmic;
    if (factors && point.value <= 0) continue;
    // Exponential mean with its start corrected, or the first steps would be dragged towards zero.
    const double value = factors ? std::log(point.value) : point.value;
    curve.running = smoothing_ * curve.running + (1 - smoothing_) * value;
    curve.weight = smoothing_ * curve.weight + (1 - smoothing_);
    const double mean = curve.running / curve.weight;
    smooth.append({keyOf(point), factors ? std::exp(mean) : mean});
  }
  curve.raw->data()->add(raw, true);
  if (curve.smooth) curve.smooth->data()->add(smooth, true);
}

void LossPlot::dress() {
  const auto& colours = coloursOf(palette());
  const bool dark = colours.surface.lightness() < colours.text.lightness();
  plot_->setBackground(colours.surface);
  plot_->axisRect()->setBackground(colours.surface);
  const QFont small = fontOf(TextRole::Small);
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis, plot_->xAxis2, plot_->yAxis2}) {
    axis->setBasePen(QPen(colours.border));
    axis->setTickPen(QPen(colours.border));
    axis->setSubTickPen(QPen(colours.border));
    axis->setTickLabelColor(colours.muted);
    axis->setLabelColor(colours.muted);
    axis->setTickLabelFont(small);
    axis->setLabelFont(small);
    axis->grid()->setPen(QPen(colours.border, 0, Qt::SolidLine));
    axis->grid()->setSubGridVisible(false);
    axis->grid()->setZeroLinePen(QPen(colours.strongBorder));
  }
  plot_->legend->setFont(small);
  plot_->legend->setTextColor(colours.text);
  cursor_->setPen(QPen(colours.strongBorder, 1, Qt::DashLine));
  for (auto& [name, curve] : curves_) {
    const QColor colour = curve->kind == SeriesKind::Baseline && curve->colour < 0
                              ? colours.muted
                              : colours.series[std::size_t(curve->colour) % colours.series.size()];
    switch (curve->kind) {
      case SeriesKind::Train: {
        const bool plain = smoothing_ == 0;
        curve->raw->setPen(QPen(withAlpha(colour, dark ? kFaintOnDark : kFaint), 1));
        curve->raw->setVisible(!plain);
        curve->smooth->setPen(QPen(colour, plain ? 1 : 2));
        break;
      }
      case SeriesKind::Validation:
        curve->raw->setPen(QPen(colour, 2));
        curve->raw->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, colour, colour, 5));
        break;
      case SeriesKind::Baseline:
        curve->raw->setPen(QPen(colour, 1.5, Qt::DashLine));
        break;
    }
  }
  bestMark_->setScatterStyle(
      QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(colours.surface, 2), QBrush(colours.good), 11));
  bestText_->setColor(colours.good);
  bestText_->setFont(small);
}

void LossPlot::placeBest() {
  bestMark_->data()->clear();
  bestText_->setVisible(best_.has_value());
  if (!best_) return;
  bestMark_->setData({keyOf(*best_)}, {best_->value}, true);
  bestMark_->setLayer(u"overlay"_s);
  bestText_->setLayer(u"overlay"_s);
  bestText_->setText(u"best %1 at step %L2"_s.arg(shortNumber(best_->value)).arg(best_->step));
  bestText_->position->setCoords(keyOf(*best_), best_->value);
  // Near an edge the words lean into the plot.
  const double share = plot_->xAxis->coordToPixel(keyOf(*best_)) - plot_->axisRect()->left();
  const double width = plot_->axisRect()->width();
  const double top = plot_->yAxis->coordToPixel(best_->value) - plot_->axisRect()->top();
  bestText_->setPositionAlignment((share < width * 0.15   ? Qt::AlignLeft
                                   : share > width * 0.85 ? Qt::AlignRight
                                                          : Qt::AlignHCenter) |
                                  (top < 28 ? Qt::AlignTop : Qt::AlignBottom));
  bestText_->setPadding(top < 28 ? QMargins(4, 8, 4, 0) : QMargins(4, 0, 4, 8));
}

void LossPlot::placeBaselines() {
  // As wide as the view, so that the level is seen however one zooms, but left out of fitting the x axis.
  for (auto& [name, curve] : curves_)
    if (curve->kind == SeriesKind::Baseline)
      curve->raw->setData({plot_->xAxis->range().lower, plot_->xAxis->range().upper},
                          {curve->level, curve->level}, true);
}

void LossPlot::fitAxes() {
  const bool logX = plot_->xAxis->scaleType() == QCPAxis::stLogarithmic,
             logY = plot_->yAxis->scaleType() == QCPAxis::stLogarithmic;
  QCPRange x, y;
  bool any = false;
  const auto include = [&](bool found, QCPRange keys, QCPRange values) {
    if (!found) return;
    x = any ? x.expanded(keys) : keys;
    y = any ? y.expanded(values) : values;
    any = true;
  };
  for (auto& [name, curve] : curves_) {
    if (curve->kind == SeriesKind::Baseline) continue;
    bool hasKeys = false, hasValues = false;
    const auto keys = curve->raw->data()->keyRange(hasKeys, logX ? QCP::sdPositive : QCP::sdBoth);
    const auto values = curve->raw->data()->valueRange(hasValues, logY ? QCP::sdPositive : QCP::sdBoth);
    include(hasKeys && hasValues, keys, values);
  }
  for (auto& [name, curve] : curves_)
    if (any && curve->kind == SeriesKind::Baseline && std::isfinite(curve->level) &&
        (!logY || curve->level > 0))
      y.expand(QCPRange(curve->level, curve->level));
  if (!any) {
    plot_->xAxis->setRange(logX ? 1 : 0, 100);
    plot_->yAxis->setRange(logY ? 1e-3 : 0, 1);
    return;
  }
  const auto padded = [](QCPRange range, bool logarithmic, double share) {
    if (logarithmic) {
      const double factor = std::max(std::pow(range.upper / range.lower, share), 1.05);
      return QCPRange(range.lower / factor, range.upper * factor);
    }
    const double air = range.size() > 0 ? range.size() * share : std::max(std::abs(range.lower) * 0.1, 1e-9);
    return QCPRange(range.lower - air, range.upper + air);
  };
  QCPRange shownX = padded(x, logX, 0.02);
  if (!logX) shownX.lower = std::max(shownX.lower, x.lower - x.size() * 0.01);
  if (x.size() <= 0 && !logX) shownX = {x.lower, x.lower + std::max(1.0, std::abs(x.lower))};  // one point
  plot_->xAxis->setRange(shownX);
  plot_->yAxis->setRange(padded(y, logY, kMargin));
}

void LossPlot::scheduleReplot() {
  if (replotPending_) return;
  replotPending_ = true;
  // A slow machine or a million points must not starve the rest of the window.
  const int gap = std::max(kShortestReplotGap, int(replotMilliseconds_ / kReplotShare));
  const int since = lastReplot_.isValid() ? int(std::min<qint64>(lastReplot_.elapsed(), gap)) : gap;
  QTimer::singleShot(gap - since, this, &LossPlot::replotNow);
}

void LossPlot::replotNow() {
  replotPending_ = false;
  if (following_) fitAxes();
  // Neighbouring ticks must read differently, however little the values differ.
  const QCPRange range = plot_->yAxis->range();
  const double largest = std::max(std::abs(range.lower), std::abs(range.upper));
  plot_->yAxis->setNumberPrecision(
      std::clamp(int(std::ceil(std::log10(std::max(1.0, largest / range.size())))) + 2, 4, 12));
  plot_->yAxis->setLabel(QFontMetrics(plot_->yAxis->labelFont())
                             .elidedText(valueLabel_, Qt::ElideRight, plot_->axisRect()->height()));
  placeBaselines();
  placeBest();
  QElapsedTimer clock;
  clock.start();
  if (isVisible()) plot_->replot();
  replotMilliseconds_ = double(clock.nsecsElapsed()) / 1e6;
  lastReplot_.start();
}

void LossPlot::resizeEvent(QResizeEvent* event) {
  constexpr int kRoomForAll = 80 * kGrid, kRoomForUnit = 56 * kGrid;  // in less they would overlap
  QWidget::resizeEvent(event);
  xUnit_->setVisible(width() >= kRoomForUnit);
  for (QWidget* each : {static_cast<QWidget*>(smoothingLabel_), static_cast<QWidget*>(smoothingSlider_)})
    each->setVisible(width() >= kRoomForAll);
}

bool LossPlot::eventFilter(QObject* watched, QEvent* event) {
  if (watched == plot_ && event->type() == QEvent::Leave) readOut({-1, -1});
  return QWidget::eventFilter(watched, event);
}

void LossPlot::readOut(const QPointF& position) {
  const QRect area = plot_->axisRect()->rect();
  const bool inside = area.contains(position.toPoint());
  cursor_->setVisible(false);
  readout_->hide();
  if (inside && !curves_.empty()) {
    const double key = plot_->xAxis->pixelToCoord(position.x());
    const Point* nearest = nullptr;
    QStringList parts;
    for (const auto& [name, curve] : curves_) {
      if (curve->points.empty()) continue;
      auto after = std::lower_bound(curve->points.begin(), curve->points.end(), key,
                                    [this](const Point& point, double at) { return keyOf(point) < at; });
      if (after == curve->points.end()) --after;
      if (after != curve->points.begin() && key - keyOf(*(after - 1)) < keyOf(*after) - key) --after;
      if (!nearest || std::abs(keyOf(*after) - key) < std::abs(keyOf(*nearest) - key)) nearest = &*after;
      const auto& colours = coloursOf(palette());
      const QColor colour = colours.series[std::size_t(std::max(0, curve->colour)) % colours.series.size()];
      parts << u"<span style='color:%1'>%2</span> <b>%3</b>"_s.arg(colour.name(), name.toHtmlEscaped(),
                                                                   shortNumber(after->value));
    }
    if (nearest) {
      readout_->setText(u"step %L1, %2 s<br>"_s.arg(nearest->step).arg(nearest->seconds, 0, 'f', 1) +
                        parts.join(u"<br>"_s));
      readout_->adjustSize();
      const int x = static_cast<int>(position.x());
      const bool leftOfIt = x + 2 * kGrid + readout_->width() > area.right();
      readout_->move(leftOfIt ? x - 2 * kGrid - readout_->width() : x + 2 * kGrid, area.top() + kGrid);
      readout_->show();
      cursor_->start->setCoords(keyOf(*nearest), 0);
      cursor_->end->setCoords(keyOf(*nearest), 1);
      cursor_->setVisible(true);
    }
  }
  plot_->layer(u"cursor"_s)->replot();
}

QString LossPlot::csv() const {
  QString text = u"series,kind,step,seconds,value\n"_s;
  for (const auto& [name, curve] : curves_) {
    QString quoted = name;
    quoted =
        u"\""_s + quoted.replace(u"\""_s, u"\"\""_s) + u"\","_s + QString::fromLatin1(kindText(curve->kind));
    if (curve->kind == SeriesKind::Baseline) text += quoted + u",,,%1\n"_s.arg(curve->level, 0, 'g', 17);
    for (const Point& point : curve->points)
      text += quoted +
              u",%1,%2,%3\n"_s.arg(point.step).arg(point.seconds, 0, 'f', 3).arg(point.value, 0, 'g', 17);
  }
  return text;
}

void LossPlot::exportTo(const QString& file) {
  if (file.endsWith(u".csv"_s, Qt::CaseInsensitive))
    return writeAtomically(file.toStdString(), csv().toStdString());
  const bool pdf = file.endsWith(u".pdf"_s, Qt::CaseInsensitive);
  // On screen the box above says what runs along the bottom; on paper it must stand there.
  plot_->xAxis->setLabel(bySeconds_ ? u"seconds"_s : u"step"_s);
  const bool written = pdf ? plot_->savePdf(file, 0, 0, QCP::epNoCosmetic)
                           : plot_->savePng(file, plot_->width(), plot_->height(), 2.0);
  plot_->xAxis->setLabel({});
  scheduleReplot();
  if (!written)
    throw Error("The plot could not be saved", file.toStdString(),
                "Check that the folder exists and may be written to, and that the disk is not full.");
}

void LossPlot::chooseExport() {
  const QString file = askWhereToSave(this, u"export"_s, u"Save the plot"_s, u"curves.png"_s,
                                      u"Picture (*.png);;PDF (*.pdf);;Points as a table (*.csv)"_s);
  if (file.isEmpty()) return;
  try {
    exportTo(file);
    Q_EMIT exported(file);
  } catch (const std::exception& error) {
    Q_EMIT exportFailed(QString::fromUtf8(error.what()));
  }
}

// What came while nobody looked was taken in but not drawn.
void LossPlot::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  scheduleReplot();
}

void LossPlot::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) {
    dress();
    scheduleReplot();
  }
  QWidget::changeEvent(event);
}

}  // namespace fw
