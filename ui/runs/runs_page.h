#pragma once
#include <QWidget>
#include <vector>

#include "core/learn/trainer.h"

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

/// Every run there ever was: sort, filter, compare, take notes, go on with one or start from its set-up.
class RunsPage : public QWidget {
  Q_OBJECT
 public:
  explicit RunsPage(StoreThread* store, QWidget* parent = nullptr);

  void refresh();  ///< reads the list again, off the UI thread
  void select(const std::vector<int64_t>& ids);
  std::vector<int64_t> selected() const;

  RunTable* table() const { return runs_; }
  QTableView* view() const { return view_; }
  RunDetails* details() const { return details_; }
  MessageBar* message() const { return message_; }

 Q_SIGNALS:
  void resumeAsked(int64_t runId);
  void sameAsAsked(const RunRequest& request);  ///< "the same as this run, but …"
  void exploreAsked(int64_t runId);
  void refreshed();

 private:
  void readSummaries();
  void showSelection();
  void askDelete();
  void saveWeights(Weights which);

  StoreThread* store_;
  RunTable* runs_;
  QSortFilterProxyModel* sorted_;
  QTableView* view_;
  QLineEdit* filter_;
  MessageBar* message_;
  RunDetails* details_;
  QPushButton *resume_, *same_, *explore_, *remove_;
  QToolButton* more_;
  bool reading_ = false, again_ = false;
};

}  // namespace fw
