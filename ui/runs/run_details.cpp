#include "ui/runs/run_details.h"

#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableWidget>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>
#include <chrono>
#include <set>

#include "ui/runs/run_table.h"
#include "ui/theme.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/film_strip.h"
#include "ui/widgets/gallery_view.h"
#include "ui/widgets/save_file.h"
#include "ui/work/store_thread.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

constexpr auto kSaveNotesAfter = 500ms;

QString runName(const RunRecord& run) {
  return run.name.empty() ? u"run %1"_s.arg(run.id)
                          : u"run %1 %2"_s.arg(run.id).arg(QString::fromStdString(run.name));
}

/// As the form shows it; `parameter` is null when this program does not know it.
QString valueText(const nlohmann::json& value, const Parameter* parameter) {
  if (value.is_null()) return u"–"_s;
  if (value.is_array()) {
    QStringList each;
    for (const auto& one : value) each << valueText(one, parameter);
    return each.isEmpty() ? u"none"_s : each.join(u", "_s);
  }
  if (value.is_string() && parameter != nullptr)
    for (const auto& choice : parameter->choices)
      if (choice.id == value.get<std::string>()) return QString::fromStdString(choice.label);
  if (value.is_string()) return QString::fromStdString(value.get<std::string>());
  if (value.is_number_float()) return shortNumber(value.get<double>());
  if (value.is_boolean()) return value.get<bool>() ? u"yes"_s : u"no"_s;
  return QString::fromStdString(value.dump());
}

QTableWidget* table() {
  auto* made = new QTableWidget;
  made->setEditTriggers(QAbstractItemView::NoEditTriggers);
  made->setSelectionBehavior(QAbstractItemView::SelectRows);
  made->setShowGrid(false);
  made->verticalHeader()->hide();
  made->verticalHeader()->setDefaultSectionSize(4 * kGrid);
  made->horizontalHeader()->setHighlightSections(false);
  return made;
}

void setCell(QTableWidget* table, int row, int column, const QString& text, bool strong = false) {
  auto* item = new QTableWidgetItem(text);
  if (strong) {
    QFont font = item->font();
    font.setBold(true);
    item->setFont(font);
  }
  table->setItem(row, column, item);
}

}  // namespace

RunDetails::RunDetails(StoreThread* store, QWidget* parent)
    : QWidget(parent),
      store_(store),
      tabs_(new QTabWidget),
      curves_(new CurvePlot),
      curvesOrHint_(new QStackedWidget),
      gallery_(new GalleryView),
      strip_(new FilmStrip),
      parameters_(table()),
      numbers_(table()),
      name_(new QLineEdit),
      notes_(new QPlainTextEdit),
      saveSoon_(new QTimer(this)) {
  curves_->plot()->setOptionsSaved(u"plot"_s);
  gallery_->setPlaceholder(
      u"Select a run above to see its snapshots; two or more to see the same samples side by side."_s);
  auto* galleryTab = new QWidget;
  auto* galleryLayout = new QVBoxLayout(galleryTab);
  galleryLayout->setContentsMargins(0, kGrid, 0, 0);
  galleryLayout->addWidget(gallery_, 1);
  galleryLayout->addWidget(strip_);
  auto* notesTab = new QWidget;
  auto* notesLayout = new QVBoxLayout(notesTab);
  notesLayout->setContentsMargins(0, kGrid, 0, 0);
  notesLayout->setSpacing(kGrid);
  name_->setPlaceholderText(u"A name for this run"_s);
  notes_->setPlaceholderText(u"Notes: what was tried, what came out, what to try next. Saved as you type."_s);
  notesLayout->addWidget(name_);
  notesLayout->addWidget(notes_, 1);
  const auto padded = [](QWidget* content) {
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, kGrid, 0, 0);
    layout->addWidget(content);
    return page;
  };
  auto* hint = label(u"Select a run above to see its curves; two or more to lay them over each other."_s,
                     TextRole::Body, true);
  hint->setAlignment(Qt::AlignCenter);
  curvesOrHint_->addWidget(hint);
  curvesOrHint_->addWidget(curves_);
  tabs_->addTab(padded(curvesOrHint_), u"Curves"_s);
  tabs_->addTab(galleryTab, u"Gallery"_s);
  tabs_->addTab(padded(parameters_), u"Parameters"_s);
  tabs_->addTab(padded(numbers_), u"Numbers"_s);
  tabs_->addTab(notesTab, u"Notes"_s);
  tabs_->setDocumentMode(true);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(tabs_);
  saveSoon_->setSingleShot(true);
  saveSoon_->setInterval(kSaveNotesAfter);
  connect(saveSoon_, &QTimer::timeout, this, &RunDetails::saveNotes);
  connect(notes_, &QPlainTextEdit::textChanged, saveSoon_, qOverload<>(&QTimer::start));
  connect(name_, &QLineEdit::textEdited, saveSoon_, qOverload<>(&QTimer::start));
  connect(strip_, &FilmStrip::stepChosen, this, &RunDetails::showStep);
  const auto saved = [this](const QString& file) { Q_EMIT said(savedText(file)); };
  connect(curves_->plot(), &LossPlot::exported, this, saved);
  connect(curves_->plot(), &LossPlot::exportFailed, this, &RunDetails::failed);
  connect(gallery_, &GalleryView::exported, this, saved);
  connect(gallery_, &GalleryView::exportFailed, this, &RunDetails::failed);
  setRuns({});
}

RunDetails::~RunDetails() {
  if (saveSoon_->isActive()) saveNotes();
}

void RunDetails::setRuns(const std::vector<int64_t>& ids) {
  if (saveSoon_->isActive()) saveNotes();
  ids_ = ids;
  if (ids.empty()) return take({});
  store_->ask(
      this,
      [ids](Store& store) {
        std::vector<RunHistory> runs;
        for (const int64_t id : ids) runs.push_back(readHistory(store, id));
        return runs;
      },
      [this, ids](std::vector<RunHistory> runs) {
        if (ids == ids_) take(std::move(runs));
      },
      [this](const QString& text) { Q_EMIT failed(text); });
}

int64_t RunDetails::stepOf(int64_t runId) const {
  for (const auto& history : histories_)
    if (history.record.id == runId) return history.record.step;
  return -1;
}

void RunDetails::take(std::vector<RunHistory> runs) {
  // The same runs further on: what a person looks at stays where it is.
  const auto same = [](const RunHistory& a, const RunHistory& b) {
    return a.record.id == b.record.id && a.record.request.steps == b.record.request.steps;
  };
  const bool grown = !runs.empty() && std::ranges::equal(histories_, runs, same);
  histories_ = std::move(runs);
  read_.start();
  if (!grown) curves_->clear();
  curvesOrHint_->setCurrentIndex(histories_.empty() ? 0 : 1);
  std::set<int64_t> steps;
  for (int colour = 0; const auto& history : histories_) {
    if (const auto* kind = findExperimentKind(history.record.request.experiment))
      labelMetrics(*curves_, *kind);
    curves_->addRun(runName(history.record), colour, history.scalars, history.scores, history.baselines);
    colour += histories_.size() == 1 ? 0 : 1;
    steps.insert(history.snapshots.begin(), history.snapshots.end());
  }
  if (histories_.size() == 1) {
    const auto& record = histories_.front().record;
    const auto* kind = findExperimentKind(record.request.experiment);
    if (kind && !kind->scores.empty())
      for (const auto& point : histories_.front().scores[kind->scores.front().name])
        if (point.step == record.bestStep) curves_->setBest(kind->scores.front().name, point);
  }
  if (!grown) {
    fillParameters();
    strip_->pause();
    strip_->setSteps({});
    gallery_->setGallery({});
  }
  fillNumbers();
  strip_->setSteps({steps.begin(), steps.end()});
  fillNotes();
}

void RunDetails::fillNotes() {
  const bool one = histories_.size() == 1;
  if (one && notesOf_ == histories_.front().record.id) return;  // what is being typed is newer
  notesOf_ = 0;                                                 // filling the fields is no editing
  name_->setText(one ? QString::fromStdString(histories_.front().record.name) : QString());
  notes_->setPlainText(one ? QString::fromStdString(histories_.front().record.notes) : QString());
  saveSoon_->stop();
  name_->setEnabled(one);
  notes_->setEnabled(one);
  notesOf_ = one ? histories_.front().record.id : 0;
}

void RunDetails::fillParameters() {
  std::vector<std::pair<QString, std::vector<QString>>> rows;
  std::set<std::string> names;
  const auto parameterOf = [](const RunRecord& run, const std::string& name) {
    const auto* kind = findExperimentKind(run.request.experiment);
    return kind ? kind->schema.find(name) : nullptr;
  };
  const auto labelOf = [&](const std::string& name) {
    for (const auto& history : histories_)
      if (const auto* parameter = parameterOf(history.record, name))
        return QString::fromStdString(parameter->label);
    return metricText(name);
  };
  for (const auto& history : histories_)
    for (const auto& [name, value] : history.record.request.settings.items()) names.insert(name);
  const auto add = [&](const QString& label, auto valueOf) {
    auto& row = rows.emplace_back(label, std::vector<QString>());
    for (const auto& history : histories_) row.second.push_back(valueOf(history.record));
  };
  add(u"Experiment"_s, experimentText);
  for (const auto& name : names)
    add(labelOf(name), [&](const RunRecord& run) {
      const auto found = run.request.settings.find(name);
      return found == run.request.settings.end() ? u"–"_s : valueText(*found, parameterOf(run, name));
    });
  add(u"Steps"_s, [](const RunRecord& run) {
    return run.request.steps ? QString::number(run.request.steps) : u"until stopped"_s;
  });
  add(u"Seed"_s, [](const RunRecord& run) { return QString::number(run.request.seed); });
  add(u"Device"_s, [](const RunRecord& run) { return QString::fromStdString(run.request.device); });
  add(u"Threads"_s, [](const RunRecord& run) {
    return run.request.threads ? QString::number(run.request.threads) : u"all"_s;
  });
  add(u"Program version"_s, [](const RunRecord& run) { return QString::fromStdString(run.codeVersion); });
  // What differs is what one looks for: it stands on top, in bold.
  const auto differs = [](const auto& row) {
    return std::adjacent_find(row.second.begin(), row.second.end(), std::not_equal_to<>()) !=
           row.second.end();
  };
  std::stable_partition(rows.begin(), rows.end(), differs);
  parameters_->clear();
  parameters_->setColumnCount(int(histories_.size()) + 1);
  parameters_->setRowCount(histories_.empty() ? 0 : int(rows.size()));
  QStringList header{u"Parameter"_s};
  for (const auto& history : histories_) header << runName(history.record);
  parameters_->setHorizontalHeaderLabels(header);
  for (int row = 0; row < parameters_->rowCount(); ++row) {
    const auto& [label, values] = rows[std::size_t(row)];
    setCell(parameters_, row, 0, label, differs(rows[std::size_t(row)]));
    for (int column = 0; column < int(values.size()); ++column)
      setCell(parameters_, row, column + 1, values[std::size_t(column)], differs(rows[std::size_t(row)]));
  }
  parameters_->resizeColumnsToContents();
  parameters_->horizontalHeader()->setStretchLastSection(true);
  parameters_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

void RunDetails::fillNumbers() {
  numbers_->clear();
  numbers_->setColumnCount(5);
  numbers_->setHorizontalHeaderLabels({u"Run"_s, u"Number"_s, u"Smallest"_s, u"Largest"_s, u"Last"_s});
  std::vector<std::pair<QString, std::pair<std::string, RunSummary::Range>>> rows;
  for (const auto& history : histories_)
    for (const auto& metric : summarise(history.scalars, history.scores).metrics)
      rows.emplace_back(runName(history.record), metric);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
  numbers_->setRowCount(int(rows.size()));
  for (int row = 0; row < int(rows.size()); ++row) {
    const auto& [run, metric] = rows[std::size_t(row)];
    setCell(numbers_, row, 0, run);
    const auto [number, side] = metricOf(metric.first);
    setCell(numbers_, row, 1, u"%1, %2"_s.arg(metricText(number), QString::fromStdString(side)));
    setCell(numbers_, row, 2, shortNumber(metric.second.low));
    setCell(numbers_, row, 3, shortNumber(metric.second.high));
    setCell(numbers_, row, 4, shortNumber(metric.second.last));
  }
  numbers_->resizeColumnsToContents();
  numbers_->horizontalHeader()->setStretchLastSection(true);
  numbers_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

void RunDetails::showStep(int64_t step) {
  if (histories_.empty()) return;
  std::vector<std::pair<int64_t, QString>> wanted;
  for (const auto& history : histories_)
    if (!history.snapshots.empty()) wanted.emplace_back(history.record.id, runName(history.record));
  store_->ask(
      this,
      [wanted, step](Store& store) {
        std::vector<std::pair<std::string, Gallery>> galleries;
        for (const auto& [id, name] : wanted) {
          // Each run's last snapshot that is not later.
          const auto steps = store.snapshotSteps(id);
          const auto after = std::upper_bound(steps.begin(), steps.end(), step);
          if (after == steps.begin()) continue;
          const int64_t shown = *(after - 1);
          const QString called = shown == step ? name : u"%1, step %L2"_s.arg(name).arg(shown);
          galleries.emplace_back(called.toStdString(), store.snapshot(id, shown));
        }
        return galleries.size() == 1 ? galleries.front().second : sideBySide(galleries);
      },
      [this, step, ids = ids_](const Gallery& gallery) {
        if (ids == ids_ && strip_->step() == step && !gallery.empty()) gallery_->setGallery(gallery);
      },
      [this](const QString& text) { Q_EMIT failed(text); });
}

void RunDetails::saveNotes() {
  saveSoon_->stop();
  if (notesOf_ == 0) return;
  store_->ask(
      this,
      [id = notesOf_, name = name_->text().toStdString(),
       notes = notes_->toPlainText().toStdString()](Store& store) {
        store.renameRun(id, name);
        store.setNotes(id, notes);
      },
      [this] { Q_EMIT renamed(); }, [this](const QString& text) { Q_EMIT failed(text); });
}

}  // namespace fw
