#include "ui/runs/run_table.h"

#include <QDateTime>
#include <QLocale>
#include <algorithm>
#include <cmath>

#include "core/experiments/catalog.h"
#include "ui/experiments/training.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

/// The score that decides which step is best, as the summary knows it.
const RunSummary::Range* decidingScore(const RunRecord& run, const RunSummary* summary) {
  const auto* kind = findExperimentKind(run.request.experiment);
  if (!kind || kind->scores.empty() || !summary) return nullptr;
  const auto found = summary->metrics.find(kind->scores.front().name);
  return found == summary->metrics.end() ? nullptr : &found->second;
}

QString scoreText(double value, const RunRecord& run) {
  const auto* kind = findExperimentKind(run.request.experiment);
  return kind && !kind->scores.empty() ? withUnit(value, kind->scores.front()) : shortNumber(value);
}

}  // namespace

QString experimentText(const RunRecord& run) {
  const auto* kind = findExperimentKind(run.request.experiment);
  return QString::fromStdString(kind ? kind->title : run.request.experiment);
}

QString shortNumber(double value) {
  if (!std::isfinite(value)) return QString::number(value);
  const double size = std::abs(value);
  return size != 0 && (size < 1e-3 || size >= 1e6) ? QString::number(value, 'e', 2)
                                                   : QString::number(value, 'g', 4);
}

QString withUnit(double value, const ScoreKind& kind) {
  return kind.unit.empty() ? shortNumber(value)
                           : shortNumber(value) + u' ' + QString::fromStdString(kind.unit);
}

QString durationText(double seconds) {
  const auto whole = qint64(std::llround(seconds));
  if (whole < 60) return u"%1 s"_s.arg(whole);
  if (whole < 3600) return u"%1:%2 min"_s.arg(whole / 60).arg(whole % 60, 2, 10, QLatin1Char('0'));
  return u"%1:%2 h"_s.arg(whole / 3600).arg(whole / 60 % 60, 2, 10, QLatin1Char('0'));
}

RunSummary summarise(const Series& scalars, const Series& scores) {
  RunSummary summary;
  for (const auto* series : {&scalars, &scores})
    for (const auto& [name, points] : *series) {
      if (points.empty()) continue;
      const auto [low, high] = std::minmax_element(
          points.begin(), points.end(), [](const Point& a, const Point& b) { return a.value < b.value; });
      summary.metrics[name] = {low->value, high->value, points.back().value};
    }
  return summary;
}

void RunTable::setRuns(std::vector<RunRecord> runs) {
  const auto sameIds = std::equal(runs.begin(), runs.end(), runs_.begin(), runs_.end(),
                                  [](const RunRecord& a, const RunRecord& b) { return a.id == b.id; });
  if (sameIds) {  // a selection must survive a refresh
    runs_ = std::move(runs);
    if (!runs_.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    return;
  }
  beginResetModel();
  runs_ = std::move(runs);
  endResetModel();
}

void RunTable::setSummary(int64_t id, int64_t step, RunSummary summary) {
  summaries_[id] = {step, std::move(summary)};
  for (int row = 0; row < rowCount(); ++row)
    if (runs_[std::size_t(row)].id == id) Q_EMIT dataChanged(index(row, Best), index(row, Range));
}

std::vector<int64_t> RunTable::withoutSummary() const {
  std::vector<int64_t> ids;
  for (const auto& run : runs_)
    if (const auto found = summaries_.find(run.id);
        found == summaries_.end() || found->second.first != run.step)
      ids.push_back(run.id);
  return ids;
}

const RunRecord* RunTable::run(int64_t id) const {
  const auto found =
      std::find_if(runs_.begin(), runs_.end(), [&](const RunRecord& run) { return run.id == id; });
  return found == runs_.end() ? nullptr : &*found;
}

const RunSummary* RunTable::summary(int64_t id) const {
  const auto found = summaries_.find(id);
  return found == summaries_.end() ? nullptr : &found->second.second;
}

int RunTable::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : int(runs_.size()); }

int RunTable::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant RunTable::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const RunRecord& run = runs_[std::size_t(index.row())];
  if (role == kIdRole) return qlonglong(run.id);
  if (role == Qt::TextAlignmentRole) {
    const bool number = index.column() == Number || (index.column() >= Step && index.column() <= Duration);
    return int((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  }
  if (role == Qt::ToolTipRole && index.column() == Created)
    return QLocale().toString(
        QDateTime::fromString(QString::fromStdString(run.created), Qt::ISODate).toLocalTime(),
        QLocale::LongFormat);
  if (role == Qt::ToolTipRole && index.column() == State && !run.message.empty())
    return QString::fromStdString(run.message);
  if (role != Qt::DisplayRole && role != kSortRole) return {};
  const bool sorting = role == kSortRole;
  const auto* score = decidingScore(run, summary(run.id));
  switch (index.column()) {
    case Number:
      return qlonglong(run.id);
    case Name:
      return QString::fromStdString(run.name.empty() && !sorting ? "–" : run.name);
    case Experiment:
      return experimentText(run);
    case State:
      return stateText(run.state);
    case Step:
      if (sorting) return qlonglong(run.step);
      return run.request.steps > 0 ? u"%L1 / %L2"_s.arg(run.step).arg(run.request.steps)
                                   : u"%L1"_s.arg(run.step);
    case Best:
      if (run.bestStep < 0) return sorting ? QVariant() : QVariant(u"–"_s);
      return sorting ? QVariant(run.bestScore) : QVariant(scoreText(run.bestScore, run));
    case Last:
      if (!score) return sorting ? QVariant() : QVariant(u"–"_s);
      return sorting ? QVariant(score->last) : QVariant(scoreText(score->last, run));
    case Range: {
      const auto* all = summary(run.id);
      if (!all || !all->metrics.contains("loss")) return sorting ? QVariant() : QVariant(u"–"_s);
      const auto& loss = all->metrics.at("loss");
      return sorting ? QVariant(loss.low)
                     : QVariant(u"%1 … %2"_s.arg(shortNumber(loss.low), shortNumber(loss.high)));
    }
    case Seed:
      return qulonglong(run.request.seed);
    case Duration:
      return sorting ? QVariant(run.seconds) : QVariant(durationText(run.seconds));
    case Created: {
      const auto when = QDateTime::fromString(QString::fromStdString(run.created), Qt::ISODate).toLocalTime();
      if (sorting || !when.isValid()) return QString::fromStdString(run.created);
      const bool thisYear = when.date().year() == QDate::currentDate().year();
      return QLocale().toString(when, thisYear ? u"d MMM, HH:mm"_s : u"d MMM yyyy"_s);
    }
    default:
      return {};
  }
}

QVariant RunTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  static const QString texts[ColumnCount] = {
      u"Run"_s,  u"Name"_s,       u"Experiment"_s, u"State"_s,
      u"Step"_s, u"Best score"_s, u"Last score"_s, u"Loss, min … max"_s,
      u"Seed"_s, u"Duration"_s,   u"Created"_s};
  if (role == Qt::DisplayRole) return texts[section];
  if (role == Qt::TextAlignmentRole) {
    const bool number = section == Number || (section >= Step && section <= Duration);
    return int((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  }
  return {};
}

}  // namespace fw
