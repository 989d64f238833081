#pragma once
#include <QWidget>

#include "core/explore/layer_table.h"
#include "core/store/run.h"

class QComboBox;
class QLabel;
class QTreeWidget;

namespace fw {

class MessageBar;
class StoreThread;
class Task;

/// Looking inside networks: the layers of an experiment's model, or of a run's, with what each costs.
class ExplorePage : public QWidget {
  Q_OBJECT
 public:
  explicit ExplorePage(StoreThread* store, QWidget* parent = nullptr);
  ~ExplorePage() override;

  void refresh();  ///< the runs to choose from
  void showRun(int64_t runId);
  void showExperiment(const QString& id);

  QTreeWidget* layers() const { return layers_; }
  QLabel* totals() const { return totals_; }

 Q_SIGNALS:
  void shown();

 protected:
  void showEvent(QShowEvent*) override;

 private:
  void fillBox(const std::vector<RunRecord>& runs);
  void look();
  void take(const std::vector<LayerTable>& tables);

  StoreThread* store_;
  std::vector<RunRecord> runs_;
  int64_t wantedRun_ = 0;
  QComboBox* box_;
  QLabel* totals_;
  QTreeWidget* layers_;
  MessageBar* message_;
  Task* task_;
  bool again_ = false;
  bool outdated_ = true;  ///< looked at when the page is; building a network is work
};

}  // namespace fw
