#pragma once
#include <QWidget>
#include <functional>
#include <optional>
#include <vector>

#include "core/store/run.h"

class QStackedWidget;

namespace fw {

class CatalogueView;
class RunPanel;
class SessionBar;
class SetupPanel;
class StoreThread;
class Training;
class TrainingQueue;
struct RunHistory;

/// The catalogue; behind each card the experiment with its story, its set-up and its training.
class ExperimentsPage : public QWidget {
  Q_OBJECT
 public:
  explicit ExperimentsPage(StoreThread* store, QWidget* parent = nullptr);
  ~ExperimentsPage() override;

  void showCatalogue();
  void refresh();  ///< what the cards tell of one's own runs
  void openExperiment(const QString& id);
  void openRequest(const RunRequest& request);  ///< "the same as run 12 but …"; throws Error
  void openSetupFile(const QString& file);      ///< throws Error
  void start(const RunRequest& request,
             const QString& name = {});                        ///< trains it, or queues it behind what trains
  void startSeveral(const std::vector<RunRequest>& requests);  ///< one after the other, to be compared
  void forgetRuns(const std::vector<int64_t>& runIds);         ///< which are deleted
  void resumeRun(int64_t runId, std::optional<double> learningRate = std::nullopt,
                 std::optional<int64_t> until = std::nullopt);  ///< the step it ends at
  void openRun(int64_t runId);  ///< to look at it again and to ask its network
  /// Own pictures or clips for the experiment that is open; false when it takes none or none is open.
  bool addFiles(const QStringList& files);

  bool working() const;
  void stopAndKeep();  ///< asks; working() tells when it is done

  TrainingQueue* queue() const { return queue_; }
  SetupPanel* setup() const { return setup_; }
  RunPanel* runPanel() const { return run_; }

 Q_SIGNALS:
  void runsChanged();  ///< one began, ended or changed its state: lists of runs are out of date
  void workingChanged();
  void compareAsked(const std::vector<int64_t>& runs);

 private:
  void watch(Training* training);
  void withHistory(int64_t runId, std::function<void(RunHistory)> act);
  void showTraining(Training* training);

  StoreThread* store_;
  TrainingQueue* queue_;
  QStackedWidget* stack_;
  CatalogueView* catalogue_;
  SetupPanel* setup_;
  RunPanel* run_;
  QStackedWidget* right_;
  SessionBar* session_;
};

}  // namespace fw
