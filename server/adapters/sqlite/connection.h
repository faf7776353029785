#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "server/base/bytes.h"
#include "server/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

// The little of SQLite's C interface that is used here, with ownership and errors of ours.

namespace syncline::adapters::sqlite {

// One execution of a prepared statement. Views of columns live until the next call of next().
// Ends the execution when it is destroyed, so that no read transaction outlives its use.
class Execution {
 public:
  Execution(sqlite3_stmt* statement, int bind_code) : statement_(statement), code_(bind_code) {}
  ~Execution();

  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  // Steps to the next row; false if there is none.
  Result<bool> next();

  // Executes a statement that yields no row.
  Result<void> done();

  // Columns count from 0. REQUIRES: next() just returned true.
  std::int64_t integer(int column) const;
  BytesView blob(int column) const;
  std::string_view text(int column) const;

 private:
  sqlite3_stmt* statement_;
  int code_;  // Of the bindings: the first that failed.
};

// A prepared statement. It must be destroyed before its connection.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  // Begins an execution with these parameters, in order. Texts and blobs must live until its end.
  // REQUIRES: no other execution of this statement is alive.
  template <class... Values>
  Execution execute(const Values&... values) {
    int code = 0;
    int index = 0;
    ((code = code != 0 ? code : bind(++index, values)), ...);
    return Execution(statement_.get(), code);
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  int bind(int index, std::int64_t value);
  int bind(int index, std::string_view text);
  int bind(int index, BytesView blob);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// A connection to a database file. Used by one thread at a time.
class Connection {
 public:
  enum class Mode : std::uint8_t {
    read_write,
    read_only,
    // For a file that nobody can change in a folder that cannot be written: SQLite then does
    // without the shared-memory file. REQUIRES: no write-ahead log.
    immutable,
  };

  // Creates the file in mode read_write if it does not exist.
  static Result<Connection> open(const std::filesystem::path& file, Mode mode);

  // Executes statements whose results do not matter.
  Result<void> run(const char* sql);

  // REQUIRES: one statement.
  Result<Statement> prepare(std::string_view sql);

  // The first column of the first row, such as a PRAGMA's value.
  Result<std::int64_t> read_integer(std::string_view sql);

  std::int64_t last_insert_rowid() const;

  // False while a transaction is open. SQLite itself rolls back on some errors.
  bool in_transaction() const;

  // Copies what it can of the write-ahead log into the database without waiting for anybody. Once
  // all of it is copied and nobody reads from it, the next commit writes it from its beginning
  // again.
  Result<void> checkpoint_passive();

  // Calls back after each commit with the pages in the write-ahead log.
  void on_commit(int (*callback)(void* context, sqlite3*, const char*, int pages), void* context);

  // Once it is true, what runs and what is started later fails with `unavailable`. It must outlive
  // the connection.
  void fail_once(const std::atomic<bool>& ended);

  // Closing the last connection to a file would copy the write-ahead log into it, however long that
  // takes; now it leaves the log to the next one that opens the file.
  void leave_log_on_close();

  // The largest text or blob that is taken.
  void limit_value_bytes(int bytes);

  bool is_read_only() const;

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };

  explicit Connection(sqlite3* connection) : connection_(connection) {}

  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace syncline::adapters::sqlite
