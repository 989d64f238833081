#pragma once
#include <map>
#include <set>

#include "ui/slowmo/desktop.h"
#include "ui/slowmo/job_desk.h"
#include "ui/slowmo/job_runner.h"

namespace fw {

/// Makes the waiting jobs one after the other: what is to be done next, and nothing about how it looks.
class JobQueue : public QObject {
  Q_OBJECT
 public:
  explicit JobQueue(std::filesystem::path storeFolder, QObject* parent = nullptr);

  JobDesk& desk() { return desk_; }
  JobRunner& runner() { return runner_; }
  bool running(int64_t id) const { return runner_.running() && runner_.job() == id; }
  bool busy() const { return runner_.running(); }
  const std::filesystem::path& lastOutput() const { return lastOutput_; }  ///< of the job finished last
  const SlowmoProgress& progress() const { return progress_; }             ///< of the running job

  void add(const SlowmoRequest& request);  ///< and makes it when its turn comes
  void start();                            ///< makes what waits
  void makeNext(int64_t id);  ///< after the one that is being made; one that is paused makes room
  void goOn(int64_t id);      ///< a stopped or failed job, or one that is paused
  void pause();
  void cancel(int64_t id, bool keepWhatIsDone);
  void remove(int64_t id);
  void stopAndKeep();  ///< everything can go on later
  /// Of all that is waiting or being made, at the present pace; negative: not known.
  double secondsLeft() const;

 Q_SIGNALS:
  void changed();
  void news(const fw::JobNews& news);
  void jobStarted(qint64 job);
  void jobEnded(qint64 job, const QString& error);
  void allDone(int finished, int failed);  ///< the last one has ended by itself

 private:
  void runNext();
  void onEnded(qint64 job, const JobResult& result, const QString& error);

  JobDesk desk_;
  JobRunner runner_;
  SleepGuard sleepGuard_;
  SlowmoProgress progress_;
  std::filesystem::path lastOutput_;
  bool going_ = false;
  int finished_ = 0, failed_ = 0;
  int64_t displaced_ = 0;             // the paused job that makes room; it goes on afterwards
  std::set<int64_t> ran_;             // a list from before the end may still call them waiting
  std::map<int64_t, bool> toCancel_;  // once it has stopped; true: keep what is done
};

/// "2 min 10 s"
QString spanText(double seconds);

}  // namespace fw
