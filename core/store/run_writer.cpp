#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>

#include "core/base/error.h"
#include "core/store/database.h"
#include "core/store/folder_lock.h"
#include "core/store/snapshot.h"
#include "core/store/store.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

constexpr auto kCommitEvery = std::chrono::milliseconds(500);
constexpr std::size_t kSnapshotsWaiting = 2;

struct Row {
  int64_t step;
  double seconds;
  std::string name;
  double value;
};

struct WaitingSnapshot {
  int64_t step;
  Gallery gallery;
};

/// What the training thread has said and the disk has not heard yet.
struct News {
  std::vector<Row> scalars, scores;
  std::deque<WaitingSnapshot> snapshots;

  bool empty() const { return scalars.empty() && scores.empty() && snapshots.empty(); }
};

void insertRows(const Connection& connection, const char* sql, int64_t run, const std::vector<Row>& rows) {
  if (rows.empty()) return;
  Statement insert = connection.prepare(sql);
  for (const auto& row : rows)
    insert.bind(1, run)
        .bind(2, std::string_view(row.name))
        .bind(3, row.step)
        .bind(4, row.seconds)
        .bind(5, row.value)
        .run();
}

void commitRows(const Connection& connection, int64_t run, const News& news) {
  if (news.scalars.empty() && news.scores.empty()) return;
  Transaction transaction(connection);
  insertRows(connection,
             "INSERT OR REPLACE INTO scalars (run, name, step, seconds, value) VALUES (?, ?, ?, ?, ?)", run,
             news.scalars);
  insertRows(connection,
             "INSERT OR REPLACE INTO scores (run, name, step, seconds, value) VALUES (?, ?, ?, ?, ?)", run,
             news.scores);
  if (!news.scalars.empty())
    connection.prepare("UPDATE runs SET step = ?, seconds = ? WHERE id = ?")
        .bind(1, news.scalars.back().step)
        .bind(2, news.scalars.back().seconds)
        .bind(3, run)
        .run();
  transaction.commit();
}

}  // namespace

struct RunWriter::Pending {
  Pending(const fs::path& storeFolder, int64_t runId)
      : run(runId),
        folder(runFolder(storeFolder, runId)),
        lock(folder),
        connection(storeFolder),
        background(storeFolder, std::chrono::minutes(5)),  // a night's work is at stake
        snapshots(folder),
        worker([this](std::stop_token stop) { work(stop); }) {}

  void work(std::stop_token stop) {
    std::unique_lock guard(mutex);
    while (true) {
      changed.wait_for(guard, stop, kCommitEvery, [&] { return hurry || !news.snapshots.empty(); });
      News taken = std::exchange(news, {});
      if (taken.empty()) {
        hurry = false;
        changed.notify_all();
        if (stop.stop_requested()) return;
        continue;
      }
      busy = true;
      guard.unlock();
      std::exception_ptr thrown;
      try {
        write(taken);
      } catch (...) {
        thrown = std::current_exception();
      }
      guard.lock();
      busy = false;
      if (thrown && !failure) failure = thrown;
      changed.notify_all();
    }
  }

  void write(const News& taken) {
    commitRows(background, run, taken);
    for (const auto& [step, gallery] : taken.snapshots) {
      snapshots.write(step, gallery);
      background.prepare("INSERT OR REPLACE INTO snapshots (run, step) VALUES (?, ?)")
          .bind(1, run)
          .bind(2, step)
          .run();
    }
  }

  void throwFailure() {
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
  }

  /// Adds to the news under the lock.
  template <class Add>
  void tell(Add add) {
    const std::scoped_lock guard(mutex);
    throwFailure();
    add(news);
  }

  const int64_t run;
  const fs::path folder;
  FolderLock lock;
  Connection connection;  ///< for the calling thread
  Connection background;  ///< for the worker
  SnapshotFolder snapshots;

  std::mutex mutex;
  std::condition_variable_any changed;
  News news;
  bool busy = false, hurry = false;
  std::exception_ptr failure;
  std::jthread worker;  // last: it uses all of the above
};

RunWriter::RunWriter(const fs::path& storeFolder, int64_t runId)
    : pending_(std::make_unique<Pending>(storeFolder, runId)) {}

// The worker writes what is left before it ends.
RunWriter::~RunWriter() = default;

const fs::path& RunWriter::folder() const { return pending_->folder; }

void RunWriter::scalars(int64_t step, double seconds, const Scalars& values) {
  pending_->tell([&](News& news) {
    for (const auto& [name, value] : values) news.scalars.push_back({step, seconds, name, value});
  });
}

void RunWriter::scores(int64_t step, double seconds, const Scores& values) {
  pending_->tell([&](News& news) {
    for (const auto& [name, value] : values) news.scores.push_back({step, seconds, name, value});
  });
}

void RunWriter::snapshot(int64_t step, const Gallery& gallery) {
  {
    // A gallery that takes longer to write than to make must not fill the memory.
    std::unique_lock guard(pending_->mutex);
    pending_->changed.wait(guard, [&] { return pending_->news.snapshots.size() < kSnapshotsWaiting; });
    pending_->throwFailure();
    pending_->news.snapshots.push_back({step, gallery});
  }
  pending_->changed.notify_all();
}

void RunWriter::baselines(const Scores& values) {
  Transaction transaction(pending_->connection);
  Statement insert =
      pending_->connection.prepare("INSERT OR REPLACE INTO baselines (run, name, value) VALUES (?, ?, ?)");
  for (const auto& [name, value] : values)
    insert.bind(1, pending_->run).bind(2, std::string_view(name)).bind(3, value).run();
  transaction.commit();
}

void RunWriter::best(int64_t step, double score) {
  pending_->connection.prepare("UPDATE runs SET best_step = ?, best_score = ? WHERE id = ?")
      .bind(1, step)
      .bind(2, score)
      .bind(3, pending_->run)
      .run();
}

void RunWriter::state(RunState state, const std::string& message) {
  flush();
  pending_->connection.prepare("UPDATE runs SET state = ?, message = ? WHERE id = ?")
      .bind(1, static_cast<int64_t>(state))
      .bind(2, message)
      .bind(3, pending_->run)
      .run();
}

void RunWriter::rewindTo(int64_t step) {
  flush();
  const Connection& connection = pending_->connection;
  Statement later = connection.prepare("SELECT step FROM snapshots WHERE run = ? AND step > ?");
  later.bind(1, pending_->run).bind(2, step);
  std::vector<fs::path> folders;
  while (later.step()) folders.push_back(snapshotFolder(pending_->folder, later.integer(0)));
  Transaction transaction(connection);
  for (const char* sql :
       {"DELETE FROM scalars WHERE run = ? AND step > ?", "DELETE FROM scores WHERE run = ? AND step > ?",
        "DELETE FROM snapshots WHERE run = ? AND step > ?"})
    connection.prepare(sql).bind(1, pending_->run).bind(2, step).run();
  connection
      .prepare(
          "UPDATE runs SET step = ?2, seconds = COALESCE((SELECT MAX(seconds) FROM scalars WHERE run = ?1), "
          "0) "
          "WHERE id = ?1")
      .bind(1, pending_->run)
      .bind(2, step)
      .run();
  transaction.commit();
  std::error_code ignored;
  for (const auto& folder : folders) fs::remove_all(folder, ignored);
}

void RunWriter::flush() {
  std::unique_lock guard(pending_->mutex);
  pending_->hurry = true;
  pending_->changed.notify_all();
  pending_->changed.wait(guard, [&] { return pending_->news.empty() && !pending_->busy; });
  pending_->hurry = false;
  pending_->throwFailure();
}

}  // namespace fw
