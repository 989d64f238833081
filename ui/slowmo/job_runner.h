#pragma once
#include <QObject>
#include <atomic>
#include <memory>
#include <optional>

#include "core/slowmo/job.h"
#include "ui/work/mailbox.h"
#include "ui/work/task.h"

namespace fw {

/// What a running job said since the last screen refresh.
struct JobNews {
  std::optional<SlowmoProgress> progress;
  std::vector<std::string> notes;
  std::vector<double> cuts;
  std::vector<std::pair<double, double>> confidence;  ///< source second, mean 0 … 1
  std::optional<MadeFrame> original, made;            ///< the latest of each
};

/// Runs one job at a time away from the UI thread, in the same process.
class JobRunner : public QObject {
  Q_OBJECT
 public:
  explicit JobRunner(std::filesystem::path storeFolder, QObject* parent = nullptr);
  ~JobRunner() override;

  void run(int64_t job);  ///< only while idle
  void pause();
  void resume();
  void stop();  ///< leaves the job so that it can go on later
  bool running() const { return task_.running(); }
  bool paused() const { return running() && control_->paused(); }
  int64_t job() const { return job_; }
  void watchFrames(bool watch) { watching_->store(watch); }

 Q_SIGNALS:
  void news(const fw::JobNews& news);
  /// `result.state` is empty and `error` says why when the job failed.
  void ended(qint64 job, const fw::JobResult& result, const QString& error);

 private:
  void finish(const QString& error);

  std::filesystem::path storeFolder_;
  std::shared_ptr<Mailbox<JobNews>> mailbox_;
  std::shared_ptr<JobControl> control_;
  std::shared_ptr<std::atomic<bool>> watching_ = std::make_shared<std::atomic<bool>>(true);
  std::shared_ptr<JobResult> result_;
  int64_t job_ = 0;
  Task task_;
};

}  // namespace fw
