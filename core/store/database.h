#pragma once
#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

/// SQLite behind two small RAII types; private to core/store. Every failure is an Error with SQLite's own
/// words.
namespace fw {

class Statement {
 public:
  Statement(sqlite3* connection, std::string_view sql);

  Statement& bind(int index, int64_t value);
  Statement& bind(int index, double value);  ///< SQLite has no NaN: it is kept as NULL
  Statement& bind(int index, std::string_view value);

  bool step();  ///< true while there is a row
  void run();   ///< for what returns no rows; ready to be bound and run again

  int64_t integer(int column) const;
  double real(int column) const;  ///< NULL reads as NaN
  std::string text(int column) const;

 private:
  void check(int result) const;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  sqlite3* connection_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One open connection to the store's database, brought up to the newest version when opened.
class Connection {
 public:
  /// `patience`: how long another program may keep the store from being written to.
  explicit Connection(const std::filesystem::path& storeFolder,
                      std::chrono::milliseconds patience = std::chrono::seconds(10));

  Statement prepare(std::string_view sql) const { return {handle_.get(), sql}; }
  void execute(const char* sql) const;
  int64_t lastId() const { return sqlite3_last_insert_rowid(handle_.get()); }
  int64_t changes() const { return sqlite3_changes64(handle_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

/// All or nothing: rolled back unless committed. It asks for the right to write at once, so that two programs
/// wait for each other instead of failing half way.
class Transaction {
 public:
  explicit Transaction(const Connection& connection) : connection_(connection) {
    connection_.execute("BEGIN IMMEDIATE");
  }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  const Connection& connection_;
  bool open_ = true;
};

/// Where the store keeps what.
std::filesystem::path databaseFile(const std::filesystem::path& storeFolder);
std::filesystem::path runFolder(const std::filesystem::path& storeFolder, int64_t id);
std::filesystem::path jobFolder(const std::filesystem::path& storeFolder, int64_t id);

}  // namespace fw
