#include "ui/experiments/layer_inspector.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <set>

#include "ui/theme.h"
#include "ui/widgets/frame_view.h"
#include "ui/widgets/remembered_splitter.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

enum Column { Layer, Output, Mean, Dead, Weights, Gradient, ColumnCount };
constexpr int kNameRole = Qt::UserRole;

QString number(double value) { return QString::number(value, 'g', 3); }

QString shareText(double share) {
  return share < 0 ? u"–"_s : u"%1 %"_s.arg(100 * share, 0, 'f', share < 0.1 ? 1 : 0);
}

}  // namespace

/// How often which value comes out of a layer.
class Histogram : public QWidget {
 public:
  Histogram() {
    setMinimumHeight(9 * kGrid);
    setToolTip(u"How often which value comes out of this layer; the line stands at 0"_s);
  }
  void setMeter(const LayerMeter* meter) {
    counts_ = meter ? meter->histogram : std::vector<int64_t>();
    low_ = meter ? meter->smallest : 0;
    high_ = meter ? meter->largest : 0;
    update();
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    const auto& colours = coloursOf(palette());
    painter.setFont(fontOf(TextRole::Small));
    const int line = painter.fontMetrics().height();
    const QRectF area = QRectF(rect()).adjusted(0, 2, 0, -line - 2);
    painter.fillRect(area, colours.canvas);
    if (counts_.empty()) return;
    const double most = double(std::max<int64_t>(1, *std::max_element(counts_.begin(), counts_.end())));
    const double step = area.width() / double(counts_.size());
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] == 0) continue;
      // The root: one silent value in every second pixel must not flatten all the rest.
      const double tall = std::max(1.0, area.height() * std::sqrt(double(counts_[i]) / most));
      painter.fillRect(
          QRectF(area.left() + double(i) * step, area.bottom() - tall, std::max(1.0, step - 1), tall),
          colours.accent);
    }
    if (low_ < 0 && high_ > 0) {
      const double x = area.left() + area.width() * -low_ / (high_ - low_);
      painter.setPen(QPen(colours.muted, 1, Qt::DashLine));
      painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
    }
    painter.setPen(colours.muted);
    const QRectF below(0, height() - line, width(), line);
    painter.drawText(below, Qt::AlignLeft | Qt::AlignVCenter, number(low_));
    painter.drawText(below, Qt::AlignRight | Qt::AlignVCenter, number(high_));
  }

 private:
  std::vector<int64_t> counts_;
  double low_ = 0, high_ = 0;
};

LayerInspector::LayerInspector(QWidget* parent)
    : QWidget(parent),
      layers_(new QTreeWidget),
      warnings_(label({}, TextRole::Body)),
      chosen_(label({}, TextRole::Small, true)),
      histogram_(new Histogram),
      mosaic_(new FrameView) {
  layers_->setColumnCount(ColumnCount);
  layers_->setHeaderLabels({u"Layer"_s, u"Output"_s, u"Mean ± σ"_s, u"Dead"_s, u"Weights"_s, u"Gradient"_s});
  const std::pair<int, QString> tips[] = {
      {Mean, u"Of all values that come out of it, and how far they lie from their mean"_s},
      {Dead, u"Units that are 0 whatever is put in: they learn nothing any more"_s},
      {Weights, u"Root mean square of the weights"_s},
      {Gradient, u"Root mean square of the gradient in the last step; known while it trains"_s}};
  for (const auto& [column, tip] : tips) layers_->headerItem()->setToolTip(column, tip);
  for (int column = Mean; column < ColumnCount; ++column)
    layers_->headerItem()->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
  layers_->setRootIsDecorated(false);
  layers_->setUniformRowHeights(true);
  layers_->header()->setStretchLastSection(false);
  layers_->header()->setSectionResizeMode(Layer, QHeaderView::Stretch);
  layers_->header()->setMinimumSectionSize(6 * kGrid);
  const int widths[] = {120, 104, 124, 64, 88, 88};
  for (int column = 0; column < ColumnCount; ++column) layers_->setColumnWidth(column, widths[column]);
  layers_->setToolTip(u"Choose a layer to see its histogram and its maps"_s);
  mosaic_->setPlaceholder(u"This layer has no maps."_s);
  mosaic_->setToolTip(u"The first maps of this layer, smallest value black, largest white"_s);
  auto* side = new QWidget;
  auto* sideLayout = new QVBoxLayout(side);
  sideLayout->setContentsMargins(0, 0, 0, 0);
  sideLayout->setSpacing(kGrid);
  sideLayout->addWidget(chosen_);
  sideLayout->addWidget(histogram_, 1);
  sideLayout->addWidget(mosaic_, 3);
  auto* splitter = new RememberedSplitter(Qt::Horizontal, u"layers"_s, {3, 1});
  splitter->addWidget(layers_);
  splitter->addWidget(side);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, kGrid, 0, 0);
  layout->setSpacing(kGrid);
  layout->addWidget(warnings_);
  layout->addWidget(splitter, 1);
  connect(layers_, &QTreeWidget::currentItemChanged, this, &LayerInspector::showLayer);
  clear();
}

void LayerInspector::clear() {
  setMeters({});
  say(u"The layers are metered as soon as the network has been looked at."_s);
}

void LayerInspector::setMeters(std::vector<LayerMeter> meters) {
  const QVariant before =
      layers_->currentItem() ? layers_->currentItem()->data(Layer, kNameRole) : QVariant();
  meters_ = std::move(meters);
  std::set<std::string> modules;
  for (const auto& meter : meters_) modules.insert(meter.module);
  const auto& colours = coloursOf(palette());
  QStringList warnings;
  const QSignalBlocker quiet(layers_);
  // The rows stay when only their numbers change, or the list would jump under the cursor.
  while (layers_->topLevelItemCount() > int(meters_.size()))
    delete layers_->takeTopLevelItem(layers_->topLevelItemCount() - 1);
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    const auto& meter = meters_[i];
    auto* item =
        int(i) < layers_->topLevelItemCount() ? layers_->topLevelItem(int(i)) : new QTreeWidgetItem(layers_);
    const QString name =
        QString::fromStdString(modules.size() > 1 ? meter.module + ": " + meter.name : meter.name);
    const QString kind = QString::fromStdString(meter.kind);
    // A rectifier follows the layer in the row above.
    const QString title =
        meter.name.starts_with("after ") ? u"→ %1"_s.arg(kind) : u"%1 · %2"_s.arg(name, kind);
    const QString texts[] = {
        title,
        QString::fromStdString(meter.shape),
        u"%1 ± %2"_s.arg(number(meter.mean), number(std::sqrt(std::max(0.0, meter.variance)))),
        shareText(meter.deadUnits),
        meter.weights < 0 ? u"–"_s : number(meter.weights),
        meter.gradient < 0 ? u"–"_s : number(meter.gradient)};
    const QString warning = QString::fromStdString(meter.warning);
    for (int column = 0; column < ColumnCount; ++column) {
      item->setText(column, texts[column]);
      item->setToolTip(column, warning.isEmpty() ? texts[column] : warning);
      item->setForeground(column, warning.isEmpty() ? colours.text : colours.warning);
      if (column >= Mean) item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
    }
    item->setIcon(Layer, warning.isEmpty() ? QIcon() : icon(u"warning"_s));
    if (!warning.isEmpty()) warnings << u"%1: %2"_s.arg(name, warning);
    item->setToolTip(Layer,
                     u"%1, %2"_s.arg(name, kind) + (warning.isEmpty() ? QString() : u"\n"_s + warning));
    item->setData(Layer, kNameRole, name);
    if (before.isValid() && name == before.toString()) layers_->setCurrentItem(item);
  }
  if (!layers_->currentItem() && layers_->topLevelItemCount() > 0)
    layers_->setCurrentItem(layers_->topLevelItem(0));
  constexpr int kMostWarnings = 3;
  QString text = warnings.mid(0, kMostWarnings).join(u'\n');
  if (warnings.size() > kMostWarnings)
    text += u"\n… and %1 more; they stand in the list."_s.arg(warnings.size() - kMostWarnings);
  say(warnings.isEmpty() ? u"No layer is dead, saturated or out of bounds."_s : text);
  showLayer();
}

void LayerInspector::say(const QString& text) { warnings_->setText(text); }

QString LayerInspector::warnings() const { return warnings_->text(); }

void LayerInspector::showLayer() {
  const int index = layers_->indexOfTopLevelItem(layers_->currentItem());
  const LayerMeter* meter =
      index >= 0 && index < int(meters_.size()) ? &meters_[std::size_t(index)] : nullptr;
  histogram_->setMeter(meter);
  mosaic_->setImage(meter ? meter->mosaic : cv::Mat());
  if (meter) mosaic_->setValueRange(meter->smallest, meter->largest);
  chosen_->setText(meter ? u"%1: %L2 units, %3 % of the values are 0"_s
                               .arg(layers_->currentItem()->data(Layer, kNameRole).toString())
                               .arg(meter->units)
                               .arg(100 * meter->silentShare, 0, 'f', 0)
                         : QString());
}

}  // namespace fw
