#pragma once
#include <QObject>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "core/base/bounded_queue.h"
#include "core/slowmo/job.h"

namespace fw {

/// One job as the queue shows it.
struct JobCard {
  JobRecord record;
  SlowmoRequest request;
  int64_t frames = 0;  ///< what the whole result will have; 0: not known

  bool waits() const { return record.state == "queued"; }
  bool runs() const { return record.state == "running"; }
  bool canGoOn() const;  ///< stopped, paused or failed: resuming makes only what is missing
  bool over() const { return record.state == "done" || record.state == "cancelled"; }
};

/// The queue as the store keeps it. The store is only ever touched on a thread of the desk's own; what was
/// asked for is on disk before the desk is gone.
class JobDesk : public QObject {
  Q_OBJECT
 public:
  explicit JobDesk(std::filesystem::path storeFolder, QObject* parent = nullptr);
  ~JobDesk() override;

  const std::filesystem::path& folder() const { return folder_; }
  const std::vector<JobCard>& jobs() const { return jobs_; }
  const JobCard* find(int64_t id) const;

  void refresh();
  void add(const SlowmoRequest& request);
  void replace(int64_t id, const SlowmoRequest& request);  ///< keeps its place, forgets what was made
  void move(int64_t id, int places);                       ///< −1: one earlier
  void requeue(int64_t id);                                ///< it goes on when its turn comes
  void remove(int64_t id);
  void cancel(int64_t id, bool keepWhatIsDone);

 Q_SIGNALS:
  void changed();
  void added(qint64 id);
  void failed(const QString& message);

 private:
  using Errand = std::function<void(Store&)>;
  void send(Errand errand);
  void report(Store& store);

  std::filesystem::path folder_;
  std::vector<JobCard> jobs_;
  BoundedQueue<Errand> errands_{1024};
  std::map<int64_t, int64_t> frames_;  // the thread's own: frames of each job, estimated once
  std::jthread thread_;
};

}  // namespace fw
