#include "ui/experiments/run_scores.h"

#include <QHeaderView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <algorithm>
#include <cmath>

#include "ui/runs/run_table.h"
#include "ui/theme.h"
#include "ui/widgets/curve_plot.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

enum Column { Name, Now, Best, Trivial, Meter, ColumnCount };
constexpr int kShareRole = Qt::UserRole;

/// A share as a bar: of what can be reached, or of the range.
class MeterDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    QStyledItemDelegate::paint(painter, option, index);
    const QVariant share = index.data(kShareRole);
    if (!share.isValid()) return;
    const auto& colours = coloursOf(option.palette);
    QRectF bar = QRectF(option.rect).adjusted(kGrid, 0, -kGrid, 0);
    bar.setTop(option.rect.center().y() - 3);
    bar.setHeight(6);
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(colours.border);
    painter->drawRoundedRect(bar, 3, 3);
    bar.setWidth(bar.width() * std::clamp(share.toDouble(), 0.0, 1.0));
    painter->setBrush(colours.accent);
    painter->drawRoundedRect(bar, 3, 3);
  }
};

}  // namespace

RunScores::RunScores(QWidget* parent) : QTableWidget(parent) {
  setColumnCount(ColumnCount);
  setHorizontalHeaderLabels({u"Score"_s, u"Now"_s, u"Best (step)"_s, u"Trivial methods"_s, {}});
  setEditTriggers(QAbstractItemView::NoEditTriggers);
  setSelectionMode(QAbstractItemView::NoSelection);
  setFocusPolicy(Qt::StrongFocus);
  setShowGrid(false);
  setWordWrap(false);
  verticalHeader()->hide();
  verticalHeader()->setDefaultSectionSize(4 * kGrid);
  horizontalHeader()->setHighlightSections(false);
  horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  horizontalHeader()->setSectionResizeMode(Name, QHeaderView::ResizeToContents);
  horizontalHeader()->setSectionResizeMode(Trivial, QHeaderView::Stretch);
  setItemDelegateForColumn(Meter, new MeterDelegate(this));
  const int widths[] = {240, 104, 152, 160, 64};
  for (int column = 0; column < ColumnCount; ++column) setColumnWidth(column, widths[column]);
}

void RunScores::setRun(const ExperimentKind& kind, const Series& scores, const Scores& baselines) {
  const auto& colours = coloursOf(palette());
  std::vector<const ScoreKind*> rows;
  for (const auto& each : kind.scores)
    if (const auto found = scores.find(each.name); found != scores.end() && !found->second.empty())
      rows.push_back(&each);
  setRowCount(int(rows.size()));
  for (int row = 0; row < int(rows.size()); ++row) {
    const ScoreKind& score = *rows[std::size_t(row)];
    const auto& points = scores.at(score.name);
    const auto less = [](const Point& a, const Point& b) { return a.value < b.value; };
    const Point& best = score.lowestIsBest ? *std::min_element(points.begin(), points.end(), less)
                                           : *std::max_element(points.begin(), points.end(), less);
    const double now = points.back().value;
    bool beatsAll = true, any = false;
    QStringList trivial;
    for (const auto& [name, value] : baselines) {
      if (!name.starts_with(score.name + " (")) continue;
      any = true;
      beatsAll &= score.lowestIsBest ? now < value : now > value;
      trivial << u"%1: %2"_s.arg(QString::fromStdString(baselineOf(name).label), withUnit(value, score));
    }
    setRowHeight(row, std::max(4 * kGrid, 2 * kGrid + fontMetrics().height() * int(trivial.size())));
    const QString texts[] = {QString::fromStdString(score.label),
                             withUnit(now, score),
                             u"%1 (%L2)"_s.arg(withUnit(best.value, score)).arg(best.step),
                             trivial.isEmpty() ? u"–"_s : trivial.join(u'\n'),
                             {}};
    for (int column = 0; column < ColumnCount; ++column) {
      auto* cell = item(row, column);
      if (!cell) setItem(row, column, cell = new QTableWidgetItem);
      cell->setText(texts[column]);
      cell->setToolTip(texts[column]);
      cell->setForeground(column == Now && any ? (beatsAll ? colours.good : colours.warning) : colours.text);
    }
    if (any)
      item(row, Now)->setToolTip(beatsAll ? u"Better than every trivial method"_s
                                          : u"Not yet better than every trivial method"_s);
    const bool isShare = score.unit.starts_with("%");
    item(row, Meter)->setData(kShareRole, isShare ? QVariant(now / 100) : QVariant());
  }
}

}  // namespace fw
