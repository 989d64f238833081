#include "ui/runs/runs_page.h"

#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <fstream>

#include "core/base/atomic_file.h"
#include "core/learn/run_archive.h"
#include "ui/runs/run_details.h"
#include "ui/runs/run_table.h"
#include "ui/theme.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/remembered_splitter.h"
#include "ui/widgets/save_file.h"
#include "ui/work/store_thread.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kTickReach = 4 * kGrid;  ///< pixels from the left that belong to the tick

/// Runs are ticked to be compared; a click elsewhere chooses one alone, as in any list.
class TickView : public QTableView {
 protected:
  QItemSelectionModel::SelectionFlags selectionCommand(const QModelIndex& index,
                                                       const QEvent* event) const override {
    const auto* mouse =
        event && event->type() == QEvent::MouseButtonPress ? static_cast<const QMouseEvent*>(event) : nullptr;
    if (mouse && index.isValid() &&
        mouse->position().x() < columnViewportPosition(RunTable::Number) + kTickReach)
      return QItemSelectionModel::Toggle | QItemSelectionModel::Rows;
    return QTableView::selectionCommand(index, event);
  }
};

/// Draws the tick of a run that is selected.
class TickDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    QStyledItemDelegate::paint(painter, option, index);
    const auto& colours = coloursOf(option.palette);
    const bool ticked = option.state & QStyle::State_Selected;
    const QRectF box(option.rect.left() + kGrid + 0.5, option.rect.center().y() - 7.5, 16, 16);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(ticked ? colours.accent : colours.strongBorder);
    painter->setBrush(ticked ? colours.accent : colours.surface);
    painter->drawRoundedRect(box, 4, 4);
    if (ticked) {
      painter->setPen(QPen(colours.onAccent, 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
      painter->drawPolyline(QPolygonF{box.topLeft() + QPointF(4, 8.5), box.topLeft() + QPointF(7, 11.5),
                                      box.topLeft() + QPointF(12, 5)});
    }
    painter->restore();
  }
};

QPushButton* button(const QString& iconName, const QString& text, const QString& tip) {
  auto* made = new QPushButton(icon(iconName), text);
  made->setToolTip(tip);
  return made;
}

}  // namespace

QString engineOf(const std::string& experiment, const nlohmann::json& settings) {
  if (experiment == "interpolation")
    return settings.is_object() && settings.value("network", std::string()) == "rife" ? u"rife"_s
                                                                                      : u"swift"_s;
  if (experiment == "middle-frame-unet" || experiment == "clip-unet" || experiment == "glow-unet")
    return u"learned"_s;
  return {};
}

RunsPage::RunsPage(StoreThread* store, QWidget* parent)
    : QWidget(parent),
      store_(store),
      runs_(new RunTable(this)),
      sorted_(new QSortFilterProxyModel(this)),
      view_(new TickView),
      filter_(new QLineEdit),
      message_(new MessageBar),
      details_(new RunDetails(store)),
      open_(button(u"open"_s, u"Open"_s,
                   u"See this run as it was under Experiments, and ask its network (Enter, double click)"_s)),
      resume_(button(u"play"_s, u"Resume"_s,
                     u"Go on exactly where this run was; one at its end is asked how far"_s)),
      same_(button(u"copy"_s, u"Same set-up, but…"_s,
                   u"Open this run's set-up under Experiments, to change and start it"_s)),
      explore_(button(u"explore"_s, u"Explore"_s, u"Look at the layers of this run's network"_s)),
      remove_(button(u"trash"_s, u"Delete"_s, u"Delete the selected runs with their files (Del)"_s)),
      more_(new QToolButton) {
  sorted_->setSourceModel(runs_);
  sorted_->setSortRole(RunTable::kSortRole);
  sorted_->setFilterKeyColumn(-1);
  sorted_->setFilterCaseSensitivity(Qt::CaseInsensitive);
  view_->setModel(sorted_);
  view_->setSortingEnabled(true);
  view_->sortByColumn(RunTable::Number, Qt::DescendingOrder);
  view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  view_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  view_->setShowGrid(false);
  view_->setWordWrap(false);
  view_->setTabKeyNavigation(false);
  view_->verticalHeader()->hide();
  view_->verticalHeader()->setDefaultSectionSize(4 * kGrid);
  view_->horizontalHeader()->setHighlightSections(false);
  view_->horizontalHeader()->setMinimumSectionSize(60);
  const int widths[] = {76, 68, 168, 76, 112, 96, 96, 148, 60, 84, 126};
  for (int i = 0; i < RunTable::ColumnCount; ++i) view_->setColumnWidth(i, widths[i]);
  view_->horizontalHeader()->setSectionResizeMode(RunTable::Experiment, QHeaderView::ResizeToContents);
  view_->horizontalHeader()->setSectionResizeMode(RunTable::Name, QHeaderView::Stretch);
  view_->setMinimumHeight(14 * kGrid);
  filter_->setPlaceholderText(u"Filter by name, experiment, state …"_s);
  filter_->setClearButtonEnabled(true);
  filter_->setMaximumWidth(40 * kGrid);
  remove_->setShortcut(QKeySequence::Delete);
  view_->setItemDelegateForColumn(RunTable::Number, new TickDelegate(view_));
  view_->setToolTip(u"Tick two or more runs to lay them over each other"_s);

  auto* head = new QHBoxLayout;
  head->setSpacing(kGrid);
  head->addWidget(label(u"Runs"_s, TextRole::Display));
  head->addSpacing(kGrid);
  head->addWidget(filter_, 1);
  head->addStretch();
  for (auto* each : {open_, resume_, same_, explore_, remove_}) head->addWidget(each);
  head->addWidget(more_);
  auto* menu = new QMenu(more_);
  menu->addAction(icon(u"weights"_s), u"Save the weights of the best step…"_s, this,
                  [this] { saveWeights(Weights::Best); });
  menu->addAction(icon(u"weights"_s), u"Save the weights of the last step…"_s, this,
                  [this] { saveWeights(Weights::Last); });
  more_->setIcon(icon(u"more"_s));
  menu->addAction(icon(u"export"_s), u"Export the whole run as one zip…"_s, this, &RunsPage::saveArchive);
  asEngine_ = menu->addAction(icon(u"slowmo"_s), u"Slow a video down with this network"_s, this,
                              &RunsPage::useAsEngine);
  menu->addSeparator();
  auto* saveAll = menu->addAction(icon(u"save"_s), u"Save this table as CSV…"_s, this, &RunsPage::saveTable);
  saveAll->setObjectName(u"saveTable"_s);
  more_->setToolTip(u"Save the weights, the whole run or this table"_s);
  more_->setPopupMode(QToolButton::InstantPopup);
  more_->setMenu(menu);
  auto* panel = new QFrame;
  panel->setObjectName(u"panel"_s);
  auto* panelLayout = new QVBoxLayout(panel);
  panelLayout->setContentsMargins(kGrid * 3 / 2, 0, kGrid * 3 / 2, kGrid * 3 / 2);
  panelLayout->addWidget(details_);
  auto* splitter = new RememberedSplitter(Qt::Vertical, u"runs"_s, {2, 3});
  splitter->addWidget(view_);
  splitter->addWidget(panel);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(3 * kGrid, 3 * kGrid, 3 * kGrid, 2 * kGrid);
  layout->setSpacing(kGrid * 3 / 2);
  layout->addLayout(head);
  layout->addWidget(message_);
  layout->addWidget(splitter, 1);

  connect(filter_, &QLineEdit::textChanged, sorted_, &QSortFilterProxyModel::setFilterFixedString);
  connect(view_->selectionModel(), &QItemSelectionModel::selectionChanged, this, &RunsPage::showSelection);
  connect(sorted_, &QAbstractItemModel::modelReset, this, &RunsPage::showSelection);
  connect(open_, &QPushButton::clicked, this, [this] {
    if (const auto ids = selected(); ids.size() == 1) Q_EMIT openAsked(ids.front());
  });
  connect(resume_, &QPushButton::clicked, this, [this] {
    if (const auto ids = selected(); ids.size() == 1) Q_EMIT resumeAsked(ids.front());
  });
  connect(same_, &QPushButton::clicked, this, [this] {
    if (const auto ids = selected(); ids.size() == 1) Q_EMIT sameAsAsked(runs_->run(ids.front())->request);
  });
  connect(view_, &QTableView::activated, open_, &QPushButton::click);
  connect(explore_, &QPushButton::clicked, this, [this] {
    if (const auto ids = selected(); ids.size() == 1) Q_EMIT exploreAsked(ids.front());
  });
  connect(remove_, &QPushButton::clicked, this, &RunsPage::askDelete);
  connect(details_, &RunDetails::said, this,
          [this](const QString& text) { message_->say(MessageKind::Good, text); });
  connect(details_, &RunDetails::failed, message_, &MessageBar::error);
  connect(details_, &RunDetails::renamed, this, &RunsPage::refresh);
  showSelection();
}

void RunsPage::refresh() {
  if (reading_) {
    again_ = true;
    return;
  }
  reading_ = true;
  const auto done = [this] {
    reading_ = false;
    if (std::exchange(again_, false)) refresh();
  };
  store_->ask(
      this,
      [](Store& store) {
        store.adoptRuns();  // a program may have died at its run
        return store.runs();
      },
      [this, done](std::vector<RunRecord> runs) {
        const auto before = selected();
        runs_->setRuns(std::move(runs));
        if (selected() != before) select(before);
        if (!wanted_.empty()) select(wanted_);
        readSummaries();
        showSelection();
        Q_EMIT refreshed();
        done();
      },
      [this, done](const QString& text) {
        message_->error(text);
        done();
      });
}

void RunsPage::readSummaries() {
  // One question each, so that the rest of the window is served in between.
  for (const int64_t id : runs_->withoutSummary()) {
    const int64_t step = runs_->run(id)->step;
    store_->ask(
        this, [id](Store& store) { return summarise(store.scalars(id), store.scores(id)); },
        [this, id, step](RunSummary summary) { runs_->setSummary(id, step, std::move(summary)); },
        [](const QString&) {});  // deleted meanwhile
  }
}

void RunsPage::select(const std::vector<int64_t>& ids) {
  const bool allThere =
      std::all_of(ids.begin(), ids.end(), [this](int64_t id) { return runs_->run(id) != nullptr; });
  wanted_ = allThere ? std::vector<int64_t>() : ids;
  QItemSelection selection;
  for (int row = 0; row < sorted_->rowCount(); ++row) {
    const QModelIndex index = sorted_->index(row, 0);
    if (std::find(ids.begin(), ids.end(), index.data(RunTable::kIdRole).toLongLong()) != ids.end())
      selection.select(index, sorted_->index(row, RunTable::ColumnCount - 1));
  }
  view_->selectionModel()->select(selection, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
}

std::vector<int64_t> RunsPage::selected() const {
  std::vector<int64_t> ids;
  for (const QModelIndex& index : view_->selectionModel()->selectedRows())
    ids.push_back(index.data(RunTable::kIdRole).toLongLong());
  std::sort(ids.begin(), ids.end());
  return ids;
}

void RunsPage::showSelection() {
  const auto ids = selected();
  // A question about other runs than those that are marked would be answered for the wrong ones.
  if (!toDelete_.empty() && ids != std::exchange(toDelete_, ids)) {
    toDelete_.clear();
    message_->dismiss();
  }
  const auto* one = ids.size() == 1 ? runs_->run(ids.front()) : nullptr;
  const auto busy = [](const RunRecord* run) {
    return run && (run->state == RunState::Running || run->state == RunState::Paused);
  };
  open_->setEnabled(one);
  resume_->setEnabled(one && !busy(one));
  same_->setEnabled(one);
  explore_->setEnabled(one);
  for (QAction* action : more_->menu()->actions())
    action->setEnabled(one || action->objectName() == u"saveTable"_s);
  asEngine_->setEnabled(one && !engineOf(one->request.experiment).isEmpty());
  remove_->setEnabled(!ids.empty() &&
                      std::none_of(ids.begin(), ids.end(), [&](int64_t id) { return busy(runs_->run(id)); }));
  // What trains is followed under Experiments step by step; here it is read anew now and then, and at its
  // end.
  constexpr auto kNowAndThen = 3000;  // milliseconds
  const bool outdated = std::any_of(ids.begin(), ids.end(), [&](int64_t id) {
    const auto* run = runs_->run(id);
    const bool grown = run && details_->stepOf(id) >= 0 && details_->stepOf(id) != run->step;
    return grown && (!busy(run) || details_->age() > kNowAndThen);
  });
  if (ids != details_->runs() || outdated) details_->setRuns(ids);
}

void RunsPage::askDelete() {
  const auto ids = selected();
  if (ids.empty()) return;
  QStringList numbers;
  for (const int64_t id : ids) numbers << QString::number(id);
  const QString what = u"Delete %1 %2 with curves, snapshots, weights and notes?"_s.arg(
      ids.size() == 1 ? u"run"_s : u"runs"_s, numbers.join(u", "_s));
  toDelete_ = ids;
  message_->ask(
      MessageKind::Warning, what + u" This cannot be undone."_s, u"Delete"_s,
      [this, ids] {
        store_->ask(
            this,
            [ids](Store& store) {
              for (const int64_t id : ids) store.deleteRun(id);
            },
            [this, ids] {
              Q_EMIT deleted(ids);
              refresh();
            },
            [this](const QString& text) {
              message_->error(text);
              refresh();
            });
      },
      true);
}

QString RunsPage::nameOf(int64_t id) const {
  return u"%1-run-%2"_s.arg(QString::fromStdString(runs_->run(id)->request.experiment)).arg(id);
}

void RunsPage::saveWeights(Weights which) {
  const auto ids = selected();
  if (ids.size() != 1) return;
  const QString file = askWhereToSave(this, u"weights"_s, u"Save the weights"_s,
                                      nameOf(ids.front()) + u".safetensors"_s, u"Weights (*.safetensors)"_s);
  if (file.isEmpty()) return;
  store_->ask(
      this,
      [id = ids.front(), which, file](Store& store) {
        std::ifstream source(weightsFile(store.run(id).folder, which), std::ios::binary);
        writeAtomically(file.toStdString(), [&](std::ostream& target) { target << source.rdbuf(); });
      },
      [this, file] { message_->say(MessageKind::Good, savedText(file)); },
      [this](const QString& text) { message_->error(text); });
}

void RunsPage::useAsEngine() {
  const auto ids = selected();
  if (ids.size() != 1) return;
  const RunRecord& run = *runs_->run(ids.front());
  store_->ask(
      this, [id = run.id](Store& store) { return weightsFile(store.run(id).folder, Weights::Best); },
      [this, engine = engineOf(run.request.experiment, run.request.settings),
       called = u"run %1 (%L2 steps)"_s.arg(run.id).arg(run.step)](const std::filesystem::path& file) {
        Q_EMIT engineAsked(engine, QString::fromStdString(file.string()), called);
      },
      [this](const QString& text) { message_->error(text); });
}

void RunsPage::saveArchive() {
  const auto ids = selected();
  if (ids.size() != 1) return;
  const QString file = askWhereToSave(this, u"export"_s, u"Export the whole run"_s,
                                      nameOf(ids.front()) + u".zip"_s, u"Archive (*.zip)"_s);
  if (file.isEmpty()) return;
  message_->say(MessageKind::Info, u"Packing run %1 …"_s.arg(ids.front()));
  exportRun(ids.front(), file);
}

void RunsPage::exportRun(int64_t id, const QString& file) {
  store_->ask(
      this, [id, file](Store& store) { fw::exportRun(store, id, file.toStdString()); },
      [this, file] { message_->say(MessageKind::Good, savedText(file)); },
      [this](const QString& text) { message_->error(text); });
}

// Names need room; what gives way can be read below, and all of it is saved with the table.
void RunsPage::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  constexpr std::pair<int, int> kNeeds[] = {
      {RunTable::Range, 1300}, {RunTable::Seed, 1150}, {RunTable::Last, 1000}};
  for (const auto& [column, least] : kNeeds) view_->setColumnHidden(column, width() < least);
}

void RunsPage::saveTable() {
  const QString file =
      askWhereToSave(this, u"export"_s, u"Save the table"_s, u"runs.csv"_s, u"Table (*.csv)"_s);
  if (file.isEmpty()) return;
  try {
    writeAtomically(file.toStdString(), csv().toStdString());
    message_->say(MessageKind::Good, savedText(file));
  } catch (const std::exception& error) {
    message_->error(QString::fromUtf8(error.what()));
  }
}

QString RunsPage::csv() const {
  QString text;
  const auto add = [&text](int column, QString cell) {
    text += u"%1\"%2\""_s.arg(column > 0 ? u","_s : QString(), cell.replace(u'"', u"\"\""_s));
  };
  for (int column = 0; column < RunTable::ColumnCount; ++column)
    add(column, runs_->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString());
  text += u'\n';
  for (int row = 0; row < sorted_->rowCount(); ++row) {
    for (int column = 0; column < RunTable::ColumnCount; ++column)
      add(column, sorted_->index(row, column).data().toString());
    text += u'\n';
  }
  return text;
}

}  // namespace fw
