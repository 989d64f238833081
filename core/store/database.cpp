#include "core/store/database.h"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <thread>

#include "core/base/error.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

// Each entry takes the database one version further; PRAGMA user_version counts how many were applied.
// Entries are never changed once released: old stores are brought up to date by the ones that follow.
constexpr std::array kMigrations{
    R"(CREATE TABLE runs (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         request TEXT NOT NULL,
         state INTEGER NOT NULL DEFAULT 0,
         message TEXT NOT NULL DEFAULT '',
         code_version TEXT NOT NULL,
         created TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
         step INTEGER NOT NULL DEFAULT 0,
         seconds REAL NOT NULL DEFAULT 0,
         best_step INTEGER NOT NULL DEFAULT -1,
         best_score REAL NOT NULL DEFAULT 0,
         name TEXT NOT NULL DEFAULT '',
         notes TEXT NOT NULL DEFAULT '');
       CREATE TABLE scalars (
         run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
         name TEXT NOT NULL, step INTEGER NOT NULL, seconds REAL NOT NULL, value REAL,
         PRIMARY KEY (run, name, step)) WITHOUT ROWID;
       CREATE TABLE scores (
         run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
         name TEXT NOT NULL, step INTEGER NOT NULL, seconds REAL NOT NULL, value REAL,
         PRIMARY KEY (run, name, step)) WITHOUT ROWID;
       CREATE TABLE snapshots (
         run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
         step INTEGER NOT NULL,
         PRIMARY KEY (run, step)) WITHOUT ROWID;
       CREATE TABLE jobs (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         request TEXT NOT NULL,
         state TEXT NOT NULL DEFAULT 'queued',
         message TEXT NOT NULL DEFAULT '',
         progress REAL NOT NULL DEFAULT 0,
         position INTEGER NOT NULL,
         created TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')));)",
    R"(CREATE TABLE baselines (
         run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
         name TEXT NOT NULL, value REAL,
         PRIMARY KEY (run, name)) WITHOUT ROWID;)",
};

[[noreturn]] void fail(sqlite3* connection, int code) {
  const std::string words = connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  const char* file = connection ? sqlite3_db_filename(connection, "main") : nullptr;
  std::string advice = "Check that the disk is not full and that you may write there.";
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
    advice =
        "The file is damaged. Move it away to begin an empty store; the files of the runs stay beside it.";
  if (code == SQLITE_BUSY) advice = "Another program holds it for long; try again.";
  throw Error("The store of runs and jobs failed (" + words + ")", file ? file : "", advice);
}

// Changing to WAL needs the database alone for a moment, and SQLite does not wait for it by itself.
void useWriteAheadLog(const Connection& connection) {
  constexpr int kAttempts = 100;
  constexpr auto kPause = std::chrono::milliseconds(20);
  for (int attempt = 1;; ++attempt) {
    try {
      connection.execute("PRAGMA journal_mode = WAL");
      return;
    } catch (const Error&) {
      if (attempt == kAttempts) throw;
      std::this_thread::sleep_for(kPause);
    }
  }
}

void migrate(const Connection& connection, const fs::path& file) {
  const auto version = [&] {
    Statement ask = connection.prepare("PRAGMA user_version");
    ask.step();
    return ask.integer(0);
  };
  const auto newest = static_cast<int64_t>(kMigrations.size());
  if (version() == newest) return;
  Transaction transaction(connection);
  // Read again: another program may have migrated while this one waited.
  const int64_t found = version();
  if (found > newest)
    throw Error("This store was written by a newer Framewright", file.string(),
                "Use the newer program, or set XDG_DATA_HOME to another folder.");
  for (int64_t next = found; next < newest; ++next)
    connection.execute(kMigrations[static_cast<std::size_t>(next)]);
  connection.execute(("PRAGMA user_version = " + std::to_string(newest)).c_str());
  transaction.commit();
}

fs::path numbered(const fs::path& folder, int64_t id) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "%06lld", static_cast<long long>(id));
  return folder / name.data();
}

}  // namespace

Statement::Statement(sqlite3* connection, std::string_view sql) : connection_(connection) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()), &statement, nullptr));
  statement_.reset(statement);
}

void Statement::check(int result) const {
  if (result != SQLITE_OK) fail(connection_, result);
}

Statement& Statement::bind(int index, int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), index, value));
  return *this;
}

Statement& Statement::bind(int index, double value) {
  check(sqlite3_bind_double(statement_.get(), index, value));
  return *this;
}

Statement& Statement::bind(int index, std::string_view value) {
  check(sqlite3_bind_text64(statement_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
  return *this;
}

bool Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) fail(connection_, result);
  return false;
}

void Statement::run() {
  while (step()) {
  }
  check(sqlite3_reset(statement_.get()));
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double Statement::real(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL)
    return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)))
               : std::string();
}

Connection::Connection(const fs::path& storeFolder, std::chrono::milliseconds patience) {
  std::error_code failure;
  fs::create_directories(storeFolder, failure);
  if (failure)
    throw Error("The folder for runs and jobs could not be made", storeFolder.string(),
                failure.message() + ". Set XDG_DATA_HOME to a folder you may write to.");
  const fs::path file = databaseFile(storeFolder);
  sqlite3* handle = nullptr;
  const int result =
      sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  handle_.reset(handle);
  if (result != SQLITE_OK) fail(handle, result);
  sqlite3_busy_timeout(handle, static_cast<int>(patience.count()));
  useWriteAheadLog(*this);
  execute("PRAGMA synchronous = NORMAL");
  execute("PRAGMA foreign_keys = ON");
  migrate(*this, file);
}

void Connection::execute(const char* sql) const {
  const int result = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) fail(handle_.get(), result);
}

Transaction::~Transaction() {
  try {
    if (open_) connection_.execute("ROLLBACK");
  } catch (const Error&) {
    // SQLite has rolled back by itself after the failure that brought us here.
  }
}

void Transaction::commit() {
  connection_.execute("COMMIT");
  open_ = false;
}

fs::path databaseFile(const fs::path& storeFolder) { return storeFolder / "framewright.sqlite"; }
fs::path runFolder(const fs::path& storeFolder, int64_t id) { return numbered(storeFolder / "runs", id); }
fs::path jobFolder(const fs::path& storeFolder, int64_t id) { return numbered(storeFolder / "jobs", id); }

}  // namespace fw
