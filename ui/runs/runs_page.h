#pragma once
#include <QWidget>
#include <vector>

#include "core/learn/trainer.h"

class QAction;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;
class QTableView;
class QToolButton;

namespace fw {

class MessageBar;
class RunDetails;
class RunTable;
class StoreThread;

/// The slow-motion engine that a run of this experiment can be; empty when it can be none.
QString engineOf(const std::string& experiment, const nlohmann::json& settings = {});

/// Every run there ever was: sort, filter, compare, take notes, go on with one or start from its set-up.
class RunsPage : public QWidget {
  Q_OBJECT
 public:
  explicit RunsPage(StoreThread* store, QWidget* parent = nullptr);

  void refresh();                                ///< reads the list again, off the UI thread
  void select(const std::vector<int64_t>& ids);  ///< those that are not there yet: as soon as they are
  std::vector<int64_t> selected() const;

  void exportRun(int64_t id, const QString& file);  ///< everything of it as one zip
  QString csv() const;                              ///< the table as it is shown

  RunTable* table() const { return runs_; }
  QTableView* view() const { return view_; }
  RunDetails* details() const { return details_; }
  MessageBar* message() const { return message_; }

 Q_SIGNALS:
  void openAsked(int64_t runId);
  void resumeAsked(int64_t runId);
  void sameAsAsked(const RunRequest& request);  ///< "the same as this run, but …"
  void exploreAsked(int64_t runId);
  /// Slow motion with what a run has learnt; "run 3 (2,000 steps)".
  void engineAsked(const QString& engine, const QString& weights, const QString& called);
  void deleted(const std::vector<int64_t>& runIds);
  void refreshed();

 protected:
  void resizeEvent(QResizeEvent*) override;

 private:
  void readSummaries();
  void showSelection();
  void askDelete();
  QString nameOf(int64_t id) const;  ///< for files that are saved of it
  void saveWeights(Weights which);
  void saveArchive();
  void saveTable();
  void useAsEngine();

  StoreThread* store_;
  RunTable* runs_;
  QSortFilterProxyModel* sorted_;
  QTableView* view_;
  QLineEdit* filter_;
  MessageBar* message_;
  RunDetails* details_;
  QPushButton *open_, *resume_, *same_, *explore_, *remove_;
  std::vector<int64_t> wanted_;    ///< to be selected once they are listed
  std::vector<int64_t> toDelete_;  ///< what is asked about
  QToolButton* more_;
  QAction* asEngine_;
  bool reading_ = false, again_ = false;
};

}  // namespace fw
