#pragma once
#include <memory>
#include <optional>

#include "core/base/paths.h"
#include "core/image/gallery.h"
#include "core/store/run.h"

namespace fw {

/// One slow-motion export, as the store keeps it; what `settings` and `state` hold is core/slowmo's business.
struct JobRecord {
  int64_t id = 0;
  std::string state;  ///< queued, running, paused, stopped (can go on), done, cancelled, failed
  std::string message;
  nlohmann::json request;  ///< source, output, settings
  double progress = 0;     ///< 0 … 1
  int64_t position = 0;    ///< its place in the queue
  std::string created;
  std::filesystem::path folder;
};

/// Runs and jobs on disk: SQLite (WAL) with files beside it. Several programs may have it open at once; every
/// call is complete on disk or not done at all. A Store may be used from one thread; open one for each.
class Store {
 public:
  explicit Store(std::filesystem::path folder = dataHome());
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  const std::filesystem::path& folder() const;

  RunRecord createRun(const RunRequest& request, const std::string& codeVersion);
  std::vector<RunRecord> runs() const;  ///< newest first
  RunRecord run(int64_t id) const;      ///< throws Error when there is none
  void deleteRun(int64_t id);           ///< with its files
  void renameRun(int64_t id, const std::string& name);
  void setNotes(int64_t id, const std::string& notes);
  void setRunState(int64_t id, RunState state, const std::string& message = {});
  void setRunRequest(int64_t id, const RunRequest& request);  ///< a resumed run may be asked for more steps

  Series scalars(int64_t runId) const;    ///< training curves, every point
  Series scores(int64_t runId) const;     ///< validation curves
  Scores baselines(int64_t runId) const;  ///< what trivial methods reach, named like the scores
  std::vector<int64_t> snapshotSteps(int64_t runId) const;
  Gallery snapshot(int64_t runId, int64_t step) const;

  /// Runs and jobs that say "running" though no living program works on them (the program was killed) become
  /// Stopped: they can be resumed. A job is alive while someone holds the FolderLock of its folder. Call at
  /// start.
  void adoptOrphans();
  void adoptRuns();  ///< of runs alone, or of jobs, which may be done at any time
  void adoptJobs();

  JobRecord createJob(const nlohmann::json& request);
  std::vector<JobRecord> jobs() const;  ///< in queue order
  JobRecord job(int64_t id) const;
  void updateJob(const JobRecord& job);         ///< all but id, created and folder
  void placeJob(int64_t id, int64_t position);  ///< alone: the job may be going on meanwhile
  void deleteJob(int64_t id);

 private:
  int64_t unusedId(const std::string& table);
  friend class RunWriter;
  struct Database;
  std::unique_ptr<Database> database_;
};

/// Writes one run as it happens, and holds its folder's lock meanwhile. It owns connections and a thread of
/// its own: scalars are gathered and committed at least once a second and snapshots are encoded while
/// training goes on. What fails there (a full disk) is thrown by the next call.
class RunWriter {
 public:
  RunWriter(const std::filesystem::path& storeFolder, int64_t runId);
  ~RunWriter();

  const std::filesystem::path& folder() const;
  void scalars(int64_t step, double seconds, const Scalars& values);
  void scores(int64_t step, double seconds, const Scores& values);
  void snapshot(int64_t step, const Gallery& gallery);
  void baselines(const Scores& values);
  void best(int64_t step, double score);
  void state(RunState state, const std::string& message = {});
  /// Forgets what came after `step`: a killed run goes on from its last checkpoint.
  void rewindTo(int64_t step);
  void flush();  ///< returns when all of the above is on disk

 private:
  struct Pending;
  std::unique_ptr<Pending> pending_;
};

}  // namespace fw
