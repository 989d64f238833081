#pragma once
#include <QObject>
#include <functional>
#include <map>
#include <vector>

#include "core/slowmo/job.h"
#include "ui/work/store_thread.h"

namespace fw {

/// One job as the queue shows it.
struct JobCard {
  JobRecord record;
  SlowmoRequest request;
  int64_t frames = 0;  ///< what the whole result will have; 0: not known
  bool resultExists = false;

  bool waits() const { return record.state == "queued"; }
  bool runs() const { return record.state == "running"; }
  bool canGoOn() const;  ///< stopped, paused or failed: resuming makes only what is missing
  bool over() const { return isOver(record); }
};

/// The queue as the store keeps it. The store is only ever touched on a thread of the desk's own; what was
/// asked for is on disk before the desk is gone.
class JobDesk : public QObject {
  Q_OBJECT
 public:
  explicit JobDesk(std::filesystem::path storeFolder, QObject* parent = nullptr);

  const std::filesystem::path& folder() const { return store_.folder(); }
  const std::vector<JobCard>& jobs() const { return jobs_; }
  const JobCard* find(int64_t id) const;

  void refresh();
  void add(const SlowmoRequest& request);
  /// Keeps its place, forgets what was made; `then` unless it cannot be.
  void replace(int64_t id, const SlowmoRequest& request, std::function<void()> then = {});
  void move(int64_t id, int places, std::function<void()> then = {});  ///< −1: one earlier
  void requeue(int64_t id);                                            ///< it goes on when its turn comes
  void remove(int64_t id);
  void cancel(int64_t id, bool keepWhatIsDone);

 Q_SIGNALS:
  void changed();
  void added();
  void refused(const QString& message);  ///< what was to be added
  void failed(const QString& message);

 private:
  using Errand = std::function<void(Store&)>;
  /// Does it, then brings the list that there is now.
  void send(Errand errand, std::function<void()> then = {}, std::function<void(QString)> failed = {});
  std::vector<JobCard> cards(Store& store);

  std::vector<JobCard> jobs_;
  QString trouble_;                    // what the last look ended with
  std::map<int64_t, int64_t> frames_;  // the store thread's own: frames of each job, estimated once
  StoreThread store_;
};

}  // namespace fw
