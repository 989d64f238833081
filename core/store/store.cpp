#include "core/store/store.h"

#include <limits>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/store/database.h"
#include "core/store/folder_lock.h"
#include "core/store/snapshot.h"

namespace fw {
namespace fs = std::filesystem;

struct Store::Database {
  fs::path folder;
  Connection connection;
};

namespace {

constexpr const char* kDeleted = ".deleted";
constexpr const char* kRunColumns =
    "SELECT id, request, state, message, code_version, created, step, seconds, best_step, best_score, name, "
    "notes FROM runs ";
constexpr const char* kJobColumns =
    "SELECT id, request, state, message, progress, position, created FROM jobs ";

RunRecord runFrom(const Statement& row, const fs::path& folder) {
  RunRecord run;
  run.id = row.integer(0);
  // A set-up that cannot be read must not hide every other run from the list.
  try {
    run.request = runRequestFromJson(nlohmann::json::parse(row.text(1), nullptr, false));
  } catch (const Error& error) {
    run.request.experiment = "?";
    logLine("Run " + std::to_string(run.id) + ": " + error.what());
  }
  run.state = static_cast<RunState>(row.integer(2));
  run.message = row.text(3);
  run.codeVersion = row.text(4);
  run.created = row.text(5);
  run.step = row.integer(6);
  run.seconds = row.real(7);
  run.bestStep = row.integer(8);
  run.bestScore = row.real(9);
  run.name = row.text(10);
  run.notes = row.text(11);
  run.folder = runFolder(folder, run.id);
  return run;
}

JobRecord jobFrom(const Statement& row, const fs::path& folder) {
  JobRecord job;
  job.id = row.integer(0);
  job.request = nlohmann::json::parse(row.text(1), nullptr, false);
  job.state = row.text(2);
  job.message = row.text(3);
  job.progress = row.real(4);
  job.position = row.integer(5);
  job.created = row.text(6);
  job.folder = jobFolder(folder, job.id);
  return job;
}

Series seriesFrom(Statement rows) {
  Series series;
  auto curve = series.end();
  while (rows.step()) {
    const std::string name = rows.text(0);
    if (curve == series.end() || curve->first != name) curve = series.try_emplace(name).first;
    curve->second.push_back({rows.integer(1), rows.real(2), rows.real(3)});
  }
  return series;
}

[[noreturn]] void noSuch(const std::string& what, int64_t id) {
  throw Error("There is no such " + what, what + " " + std::to_string(id), "It may have been deleted.");
}

void makeFolder(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure)
    throw Error("The folder could not be made", folder.string(),
                failure.message() + ". Free some space or choose a folder you may write to.");
}

// Out of the way first: should the program die now, the next start finishes the deletion.
fs::path setAside(const fs::path& folder) {
  fs::path aside = folder;
  aside += kDeleted;
  std::error_code ignored;
  fs::rename(folder, aside, ignored);
  return aside;
}

// A night's curves are millions of rows: in one go they would keep every other program from writing.
void forgetRun(Connection& connection, int64_t id) {
  do {
    connection
        .prepare(
            "DELETE FROM scalars WHERE run = ?1 AND (name, step) IN "
            "(SELECT name, step FROM scalars WHERE run = ?1 LIMIT 20000)")
        .bind(1, id)
        .run();
  } while (connection.changes() > 0);
  connection.prepare("DELETE FROM runs WHERE id = ?").bind(1, id).run();
}

void forgetJob(Connection& connection, int64_t id) {
  connection.prepare("DELETE FROM jobs WHERE id = ?").bind(1, id).run();
}

using Forget = void (*)(Connection&, int64_t);

void finishDeletions(Connection& connection, const fs::path& folder, Forget forget) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const fs::path& aside = entry.path();
    if (aside.extension() != kDeleted) continue;
    // Its number may belong to another by now.
    if (!fs::exists(folder / aside.stem())) forget(connection, std::atoll(aside.stem().c_str()));
    fs::remove_all(aside, ignored);
  }
}

void refuseWhileHeld(const fs::path& folder, const std::string& what) {
  if (FolderLock::held(folder))
    throw Error("This cannot be deleted while it is going", what, "Stop it first.");
}

}  // namespace

Store::Store(fs::path folder) : database_(new Database{folder, Connection(folder)}) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

const fs::path& Store::folder() const { return database_->folder; }

RunRecord Store::createRun(const RunRequest& request, const std::string& codeVersion) {
  Transaction transaction(database_->connection);
  database_->connection.prepare("INSERT INTO runs (request, code_version) VALUES (?, ?)")
      .bind(1, toJson(request).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))
      .bind(2, codeVersion)
      .run();
  const int64_t id = unusedId("runs");
  makeFolder(runFolder(folder(), id));
  transaction.commit();
  return run(id);
}

// The folders of a database that was lost are not ours: what lies in them belongs to something else.
int64_t Store::unusedId(const std::string& table) {
  const int64_t given = database_->connection.lastId();
  int64_t highest = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder() / table, ignored))
    highest = std::max<int64_t>(highest, std::atoll(entry.path().filename().c_str()));
  if (highest < given) return given;
  database_->connection.prepare("UPDATE " + table + " SET id = ? WHERE id = ?")
      .bind(1, highest + 1)
      .bind(2, given)
      .run();
  return highest + 1;
}

std::vector<RunRecord> Store::runs() const {
  Statement rows = database_->connection.prepare(std::string(kRunColumns) + "ORDER BY id DESC");
  std::vector<RunRecord> runs;
  while (rows.step()) runs.push_back(runFrom(rows, folder()));
  return runs;
}

RunRecord Store::run(int64_t id) const {
  Statement row = database_->connection.prepare(std::string(kRunColumns) + "WHERE id = ?");
  if (!row.bind(1, id).step()) noSuch("run", id);
  return runFrom(row, folder());
}

void Store::deleteRun(int64_t id) {
  const RunRecord doomed = run(id);
  refuseWhileHeld(doomed.folder, "run " + std::to_string(id));
  const fs::path aside = setAside(doomed.folder);
  forgetRun(database_->connection, id);
  std::error_code ignored;
  fs::remove_all(aside, ignored);
}

void Store::renameRun(int64_t id, const std::string& name) {
  database_->connection.prepare("UPDATE runs SET name = ? WHERE id = ?").bind(1, name).bind(2, id).run();
  if (database_->connection.changes() == 0) noSuch("run", id);
}

void Store::setNotes(int64_t id, const std::string& notes) {
  database_->connection.prepare("UPDATE runs SET notes = ? WHERE id = ?").bind(1, notes).bind(2, id).run();
  if (database_->connection.changes() == 0) noSuch("run", id);
}

void Store::setRunState(int64_t id, RunState state, const std::string& message) {
  database_->connection.prepare("UPDATE runs SET state = ?, message = ? WHERE id = ?")
      .bind(1, static_cast<int64_t>(state))
      .bind(2, message)
      .bind(3, id)
      .run();
  if (database_->connection.changes() == 0) noSuch("run", id);
}

void Store::setRunRequest(int64_t id, const RunRequest& request) {
  database_->connection.prepare("UPDATE runs SET request = ? WHERE id = ?")
      .bind(1, toJson(request).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))
      .bind(2, id)
      .run();
  if (database_->connection.changes() == 0) noSuch("run", id);
}

Series Store::scalars(int64_t runId) const {
  Statement rows = database_->connection.prepare(
      "SELECT name, step, seconds, value FROM scalars WHERE run = ? ORDER BY name, step");
  rows.bind(1, runId);
  return seriesFrom(std::move(rows));
}

Series Store::scores(int64_t runId) const {
  Statement rows = database_->connection.prepare(
      "SELECT name, step, seconds, value FROM scores WHERE run = ? ORDER BY name, step");
  rows.bind(1, runId);
  return seriesFrom(std::move(rows));
}

Scores Store::baselines(int64_t runId) const {
  Statement rows = database_->connection.prepare("SELECT name, value FROM baselines WHERE run = ?");
  rows.bind(1, runId);
  Scores baselines;
  while (rows.step()) baselines[rows.text(0)] = rows.real(1);
  return baselines;
}

std::vector<int64_t> Store::snapshotSteps(int64_t runId) const {
  Statement rows = database_->connection.prepare("SELECT step FROM snapshots WHERE run = ? ORDER BY step");
  rows.bind(1, runId);
  std::vector<int64_t> steps;
  while (rows.step()) steps.push_back(rows.integer(0));
  return steps;
}

Gallery Store::snapshot(int64_t runId, int64_t step) const {
  return readSnapshot(snapshotFolder(run(runId).folder, step));
}

void Store::adoptOrphans() {
  adoptRuns();
  adoptJobs();
  finishDeletions(database_->connection, folder() / "runs", forgetRun);
  finishDeletions(database_->connection, folder() / "jobs", forgetJob);
}

void Store::adoptRuns() {
  for (const auto& run : runs()) {
    const bool busy =
        run.state == RunState::Queued || run.state == RunState::Running || run.state == RunState::Paused;
    if (busy && !FolderLock::held(run.folder) && this->run(run.id).state == run.state)
      setRunState(run.id, RunState::Stopped,
                  "The program ended while this run was going. Resume it to go on.");
  }
}

void Store::adoptJobs() {
  const auto dead = [](const JobRecord& job) {
    return job.state == "running" && !FolderLock::held(job.folder);
  };
  for (const auto& listed : jobs()) {
    if (!dead(listed)) continue;
    auto now = job(listed.id);  // it may just have ended as it should
    if (!dead(now)) continue;
    now.state = "stopped";
    now.message = "The program ended while this job was going. Resume it to go on.";
    updateJob(now);
  }
}

JobRecord Store::createJob(const nlohmann::json& request) {
  Transaction transaction(database_->connection);
  database_->connection
      .prepare("INSERT INTO jobs (request, position) SELECT ?, COALESCE(MAX(position), 0) + 1 FROM jobs")
      .bind(1, request.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))
      .run();
  const int64_t id = unusedId("jobs");
  makeFolder(jobFolder(folder(), id));
  transaction.commit();
  return job(id);
}

std::vector<JobRecord> Store::jobs() const {
  Statement rows = database_->connection.prepare(std::string(kJobColumns) + "ORDER BY position, id");
  std::vector<JobRecord> jobs;
  while (rows.step()) jobs.push_back(jobFrom(rows, folder()));
  return jobs;
}

JobRecord Store::job(int64_t id) const {
  Statement row = database_->connection.prepare(std::string(kJobColumns) + "WHERE id = ?");
  if (!row.bind(1, id).step()) noSuch("job", id);
  return jobFrom(row, folder());
}

void Store::updateJob(const JobRecord& job) {
  database_->connection
      .prepare("UPDATE jobs SET request = ?, state = ?, message = ?, progress = ?, position = ? WHERE id = ?")
      .bind(1, job.request.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))
      .bind(2, job.state)
      .bind(3, job.message)
      .bind(4, job.progress)
      .bind(5, job.position)
      .bind(6, job.id)
      .run();
  if (database_->connection.changes() == 0) noSuch("job", job.id);
}

void Store::placeJob(int64_t id, int64_t position) {
  database_->connection.prepare("UPDATE jobs SET position = ? WHERE id = ?")
      .bind(1, position)
      .bind(2, id)
      .run();
}

void Store::deleteJob(int64_t id) {
  const JobRecord doomed = job(id);
  refuseWhileHeld(doomed.folder, "job " + std::to_string(id));
  const fs::path aside = setAside(doomed.folder);
  forgetJob(database_->connection, id);
  std::error_code ignored;
  fs::remove_all(aside, ignored);
}

}  // namespace fw
