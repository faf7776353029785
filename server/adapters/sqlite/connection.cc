#include "server/adapters/sqlite/connection.h"

#include <cstring>
#include <string>

#include <sqlite3.h>

namespace syncline::adapters::sqlite {
namespace {

// How long a connection waits for a lock of another process (a shell, a backup) before it gives up.
constexpr int busy_timeout_ms = 5000;

ErrorCode error_code(int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return ErrorCode::storage_full;
    case SQLITE_TOOBIG:
      return ErrorCode::too_large;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
      return ErrorCode::unavailable;
    // A constraint that our statements cannot break means that the rows contradict each other.
    case SQLITE_CONSTRAINT:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::checksum_mismatch;
    default:
      return ErrorCode::io_error;
  }
}

// "database or disk is full", and the operating system's reason where there is one.
Error error(sqlite3* connection, int code) {
  std::string detail = sqlite3_errstr(code);
  if (connection != nullptr) {
    if (sqlite3_errcode(connection) == (code & 0xFF)) detail = sqlite3_errmsg(connection);
    const int primary = code & 0xFF;
    const bool system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
    const int number = system ? sqlite3_system_errno(connection) : 0;
    if (number != 0) detail.append(" (").append(std::strerror(number)).append(")");
  }
  return Error{error_code(code), std::move(detail)};
}

Error error(sqlite3_stmt* statement, int code) { return error(sqlite3_db_handle(statement), code); }

// A file name as the path of an SQLite URI.
std::string uri(const std::filesystem::path& file) {
  std::string out = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    if (c == '%' || c == '?' || c == '#') {
      constexpr const char* digits = "0123456789ABCDEF";
      out.append({'%', digits[(c >> 4) & 15], digits[c & 15]});
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

Execution::~Execution() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Result<bool> Execution::next() {
  if (code_ != SQLITE_OK) return error(statement_, code_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return error(statement_, code);
}

Result<void> Execution::done() {
  SYNCLINE_ASSIGN(const bool row, next());
  SYNCLINE_ASSERT(!row);
  return {};
}

std::int64_t Execution::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

BytesView Execution::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return {static_cast<const std::byte*>(data), data == nullptr ? 0 : size};
}

std::string_view Execution::text(int column) const {
  const unsigned char* data = sqlite3_column_text(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return {reinterpret_cast<const char*>(data), data == nullptr ? 0 : size};
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

int Statement::bind(int index, std::int64_t value) {
  return sqlite3_bind_int64(statement_.get(), index, value);
}

int Statement::bind(int index, std::string_view text) {
  if (text.data() == nullptr) text = "";  // Not NULL.
  return sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_STATIC,
                             SQLITE_UTF8);
}

int Statement::bind(int index, BytesView blob) {
  if (blob.empty()) return sqlite3_bind_zeroblob(statement_.get(), index, 0);  // Not NULL.
  return sqlite3_bind_blob64(statement_.get(), index, blob.data(), blob.size(), SQLITE_STATIC);
}

void Connection::Close::operator()(sqlite3* connection) const {
  const int code = sqlite3_close(connection);
  SYNCLINE_ASSERT(code == SQLITE_OK, code);  // A statement is alive.
}

Result<Connection> Connection::open(const std::filesystem::path& file, Mode mode) {
  // A connection is never used by two threads at once, so SQLite needs no mutex for it.
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE;
  flags |=
      mode == Mode::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  const std::string name = uri(file) + (mode == Mode::immutable ? "?immutable=1" : "");
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  Connection connection(raw);  // Must be closed even if the opening failed.
  if (code != SQLITE_OK) return error(raw, code);
  sqlite3_busy_timeout(raw, busy_timeout_ms);
  // A damaged or hostile file must not make SQLite call functions that it names in its schema.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return connection;
}

Result<void> Connection::run(const char* sql) {
  const int code = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(connection_.get(), code);
  return {};
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return error(connection_.get(), code);
  return Statement(statement);
}

Result<std::int64_t> Connection::read_integer(std::string_view sql) {
  SYNCLINE_ASSIGN(Statement statement, prepare(sql));
  Execution execution = statement.execute();
  SYNCLINE_ASSIGN(const bool row, execution.next());
  return row ? execution.integer(0) : 0;
}

std::int64_t Connection::last_insert_rowid() const {
  return sqlite3_last_insert_rowid(connection_.get());
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }

Result<void> Connection::checkpoint_passive() {
  const int code = sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             nullptr, nullptr);
  if (code != SQLITE_OK) return error(connection_.get(), code);
  return {};
}

void Connection::on_commit(int (*callback)(void*, sqlite3*, const char*, int), void* context) {
  sqlite3_wal_hook(connection_.get(), callback, context);
}

void Connection::fail_once(const std::atomic<bool>& ended) {
  // SQLite asks after so many of its instructions, some microseconds' worth.
  constexpr int instructions = 1000;
  sqlite3_progress_handler(
      connection_.get(), instructions,
      [](void* context) { return static_cast<const std::atomic<bool>*>(context)->load() ? 1 : 0; },
      const_cast<std::atomic<bool>*>(&ended));
}

void Connection::leave_log_on_close() {
  sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void Connection::limit_value_bytes(int bytes) {
  sqlite3_limit(connection_.get(), SQLITE_LIMIT_LENGTH, bytes);
}

bool Connection::is_read_only() const {
  return sqlite3_db_readonly(connection_.get(), "main") == 1;
}

}  // namespace syncline::adapters::sqlite
