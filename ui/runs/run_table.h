#pragma once
#include <QAbstractTableModel>
#include <map>
#include <vector>

#include "core/store/run.h"

namespace fw {

struct ScoreKind;

/// Its title, or the name that only another version of the program knows.
QString experimentText(const RunRecord& run);

/// Smallest and largest value of every curve of a run, and the last ones.
struct RunSummary {
  struct Range {
    double low = 0, high = 0, last = 0;
  };
  std::map<std::string, Range> metrics;
};
RunSummary summarise(const Series& scalars, const Series& scores);

/// All runs of the store as a table. It shows what it is given and reads nothing by itself.
class RunTable : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column {
    Number,
    Name,
    Experiment,
    State,
    Step,
    Best,
    Last,
    Range,
    Seed,
    Duration,
    Created,
    ColumnCount
  };
  static constexpr int kSortRole = Qt::UserRole;  ///< numbers sort as numbers
  static constexpr int kIdRole = Qt::UserRole + 1;

  using QAbstractTableModel::QAbstractTableModel;

  void setRuns(std::vector<RunRecord> runs);  ///< keeps the summaries of those it knows
  void setSummary(int64_t id, int64_t step, RunSummary summary);
  /// Runs whose summary is missing or older than what is on disk.
  std::vector<int64_t> withoutSummary() const;
  const RunRecord* run(int64_t id) const;
  const RunSummary* summary(int64_t id) const;
  const std::vector<RunRecord>& runs() const { return runs_; }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<RunRecord> runs_;
  std::map<int64_t, std::pair<int64_t, RunSummary>> summaries_;  ///< by run: as of which step
};

QString shortNumber(double value);
QString withUnit(double value, const ScoreKind& kind);  ///< "31.2 dB"
QString durationText(double seconds);

}  // namespace fw
