#include "ui/explore/explore_page.h"

#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/experiments/catalog.h"
#include "ui/theme.h"
#include "ui/widgets/message_bar.h"
#include "ui/work/store_thread.h"
#include "ui/work/task.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

/// 1 234 567 as "1.23 M": what one compares are sizes, the exact count stands in the tooltip.
QString countText(int64_t count) {
  const double value = double(count);
  if (count >= 1'000'000'000) return u"%1 G"_s.arg(value / 1e9, 0, 'f', 2);
  if (count >= 1'000'000) return u"%1 M"_s.arg(value / 1e6, 0, 'f', 2);
  if (count >= 10'000) return u"%1 k"_s.arg(value / 1e3, 0, 'f', 1);
  return QString::number(count);
}

enum Column { Layer, Kind, Output, Parameters, MultiplyAdds, ColumnCount };
constexpr int kRunRole = Qt::UserRole, kExperimentRole = Qt::UserRole + 1;

void setCount(QTreeWidgetItem* item, int column, int64_t count) {
  item->setText(column, count > 0 ? countText(count) : u"–"_s);
  item->setToolTip(column, u"%L1"_s.arg(count));
  item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
}

}  // namespace

ExplorePage::ExplorePage(StoreThread* store, QWidget* parent)
    : QWidget(parent),
      store_(store),
      box_(new QComboBox),
      totals_(label({}, TextRole::Heading)),
      layers_(new QTreeWidget),
      message_(new MessageBar),
      task_(new Task(this)) {
  box_->setMinimumWidth(48 * kGrid);
  box_->setToolTip(u"A run of yours with its own set-up, or an experiment at its defaults"_s);
  layers_->setColumnCount(ColumnCount);
  layers_->setHeaderLabels({u"Layer"_s, u"Kind"_s, u"Output"_s, u"Parameters"_s, u"Multiply-adds"_s});
  layers_->headerItem()->setTextAlignment(Parameters, Qt::AlignRight | Qt::AlignVCenter);
  layers_->headerItem()->setTextAlignment(MultiplyAdds, Qt::AlignRight | Qt::AlignVCenter);
  layers_->header()->setStretchLastSection(false);
  layers_->header()->setSectionResizeMode(Layer, QHeaderView::Stretch);
  for (const auto& [column, width] :
       {std::pair(int(Kind), 176), {int(Output), 176}, {int(Parameters), 120}, {int(MultiplyAdds), 128}})
    layers_->setColumnWidth(column, width);
  layers_->setRootIsDecorated(true);
  layers_->setUniformRowHeights(true);
  layers_->setSelectionMode(QAbstractItemView::SingleSelection);
  auto* head = new QHBoxLayout;
  head->setSpacing(2 * kGrid);
  head->addWidget(label(u"Explore"_s, TextRole::Display));
  head->addStretch();
  auto* of = label(u"Network of"_s, TextRole::Body, true);
  of->setWordWrap(false);
  of->setBuddy(box_);
  head->addWidget(of);
  head->addWidget(box_);
  auto* sums = new QHBoxLayout;
  sums->addWidget(totals_);
  sums->addStretch();
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(3 * kGrid, 3 * kGrid, 3 * kGrid, 2 * kGrid);
  layout->setSpacing(kGrid * 3 / 2);
  layout->addLayout(head);
  layout->addWidget(label(
      u"Every layer of the network with the shape it puts out for one sample, the numbers it learns, and the "
      u"multiplications it costs. Where parameters pile up and where the work is done are rarely the same place."_s,
      TextRole::Body, true));
  layout->addWidget(message_);
  layout->addLayout(sums);
  layout->addWidget(layers_, 1);
  connect(box_, &QComboBox::currentIndexChanged, this, &ExplorePage::look);
  connect(task_, &Task::finished, this, [this] {
    if (std::exchange(again_, false)) look();
  });
  connect(task_, &Task::failed, this, [this](const QString& text) {
    layers_->clear();
    totals_->clear();
    message_->error(text);
    if (std::exchange(again_, false)) look();
  });
  fillBox({});
}

ExplorePage::~ExplorePage() = default;

void ExplorePage::refresh() {
  store_->ask(
      this, [](Store& store) { return store.runs(); }, [this](std::vector<RunRecord> runs) { fillBox(runs); },
      [this](const QString& text) { message_->error(text); });
}

void ExplorePage::showRun(int64_t runId) {
  wantedRun_ = runId;
  if (const int at = box_->findData(qlonglong(runId), kRunRole); at >= 0) {
    box_->setCurrentIndex(at);
    wantedRun_ = 0;
  } else {
    refresh();
  }
}

void ExplorePage::showExperiment(const QString& id) {
  if (const int at = box_->findData(id, kExperimentRole); at >= 0) box_->setCurrentIndex(at);
}

void ExplorePage::fillBox(const std::vector<RunRecord>& runs) {
  const QVariant run = wantedRun_ > 0 ? QVariant(qlonglong(wantedRun_)) : box_->currentData(kRunRole);
  const QVariant experiment = box_->currentData(kExperimentRole);
  runs_ = runs;
  int at = 0;
  {
    const QSignalBlocker quiet(box_);
    box_->clear();
    for (const auto& kind : catalog()) {
      box_->addItem(QString::fromStdString(kind.title));
      box_->setItemData(box_->count() - 1, QString::fromStdString(kind.id), kExperimentRole);
    }
    if (!runs.empty() && box_->count() > 0) box_->insertSeparator(box_->count());
    for (const auto& record : runs) {
      const auto* kind = findExperimentKind(record.request.experiment);
      if (!kind) continue;
      box_->addItem(u"Run %1 · %2 %3"_s.arg(record.id)
                        .arg(QString::fromStdString(kind->title), QString::fromStdString(record.name))
                        .trimmed());
      box_->setItemData(box_->count() - 1, qlonglong(record.id), kRunRole);
    }
    if (run.isValid())
      at = box_->findData(run, kRunRole);
    else if (experiment.isValid())
      at = box_->findData(experiment, kExperimentRole);
    box_->setCurrentIndex(std::max(0, at));
  }
  const bool same = wantedRun_ == 0 && at >= 0 && layers_->topLevelItemCount() > 0;
  wantedRun_ = 0;
  if (!same) look();
}

void ExplorePage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (outdated_) look();
}

void ExplorePage::look() {
  outdated_ = !isVisible();
  if (outdated_) return;
  if (task_->running()) {
    again_ = true;
    return;
  }
  RunRequest request;
  if (const QVariant run = box_->currentData(kRunRole); run.isValid()) {
    const auto record = std::find_if(runs_.begin(), runs_.end(),
                                     [&](const RunRecord& each) { return each.id == run.toLongLong(); });
    if (record == runs_.end()) return;
    request = record->request;
    request.device = "cpu";  // shapes are the same everywhere, and the card may be gone
  } else {
    request.experiment = box_->currentData(kExperimentRole).toString().toStdString();
    if (request.experiment.empty()) return;
    request.settings = Settings(experimentKind(request.experiment).schema).toJson();
  }
  message_->dismiss();
  layers_->clear();
  totals_->setText(u"Building the network …"_s);
  task_->start([this, request](std::stop_token) {
    QMetaObject::invokeMethod(this, [this, tables = layerTables(request)] { take(tables); });
  });
}

void ExplorePage::take(const std::vector<LayerTable>& tables) {
  layers_->clear();
  int64_t parameters = 0, multiplyAdds = 0;
  std::size_t rows = 0;
  for (const auto& table : tables) {
    auto* module = new QTreeWidgetItem(layers_);
    module->setText(Layer, QString::fromStdString(table.module));
    QFont bold = font();
    bold.setBold(true);
    for (int column = 0; column < ColumnCount; ++column) module->setFont(column, bold);
    setCount(module, Parameters, table.parameters);
    setCount(module, MultiplyAdds, table.multiplyAdds);
    for (const auto& row : table.rows) {
      auto* item = new QTreeWidgetItem(module);
      item->setText(Layer, QString::fromStdString(row.name));
      item->setText(Kind, QString::fromStdString(row.kind));
      item->setText(Output, QString::fromStdString(row.outputShape));
      setCount(item, Parameters, row.parameters);
      setCount(item, MultiplyAdds, row.multiplyAdds);
    }
    module->setExpanded(true);
    parameters += table.parameters;
    multiplyAdds += table.multiplyAdds;
    rows += table.rows.size();
  }
  totals_->setText(u"%1 layers  ·  %L2 parameters  ·  %3 multiply-adds for one sample"_s.arg(rows)
                       .arg(parameters)
                       .arg(countText(multiplyAdds)));
  Q_EMIT shown();
}

}  // namespace fw
