#include "server/adapters/sqlite/sqlite_reader.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "server/adapters/sqlite/connection.h"
#include "server/adapters/sqlite/data_folder.h"
#include "server/adapters/sqlite/schema.h"

namespace syncline::adapters {
namespace {

using sqlite::Connection;
using sqlite::Execution;
using sqlite::Statement;

// The columns are name, head, log_bytes, created_at_ms, updated_at_ms, forgotten_through.
Result<ports::DocumentEntry> read_entry(const Execution& row) {
  auto name = DocumentName::parse(row.text(0));
  if (!name.ok()) {
    return Error{ErrorCode::checksum_mismatch,
                 "a document's name is not legal: " + name.error().message()};
  }
  return ports::DocumentEntry{.name = std::move(*name),
                              .head = Sequence{static_cast<std::uint64_t>(row.integer(1))},
                              .forgotten = Sequence{static_cast<std::uint64_t>(row.integer(5))},
                              .log_bytes = static_cast<std::uint64_t>(row.integer(2)),
                              .created_at = WallTime{milliseconds(row.integer(3))},
                              .updated_at = WallTime{milliseconds(row.integer(4))}};
}

// SQLite's integers are signed; no log is as long as the difference.
std::int64_t to_column(std::uint64_t value) {
  constexpr std::uint64_t max = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(value, max));
}

// A file that nobody writes, in a folder that cannot be written: SQLite then has no place for the
// shared memory of its write-ahead log, and needs none if there is no such log.
Result<Connection> open_connection(const std::filesystem::path& file) {
  const auto open = [&file](Connection::Mode mode) -> Result<Connection> {
    SYNCLINE_ASSIGN(Connection connection, Connection::open(file, mode));
    SYNCLINE_TRY(connection.run("SELECT 1 FROM sqlite_schema LIMIT 1"));
    return connection;
  };
  auto connection = open(Connection::Mode::read_only);
  if (connection.ok() || connection.error().code != ErrorCode::io_error) return connection;
  std::error_code no_log;
  const auto log_bytes = std::filesystem::file_size(file.string() + "-wal", no_log);
  if (!no_log && log_bytes > 0) return connection;
  return open(Connection::Mode::immutable);
}

}  // namespace

class SqliteReader::State {
 public:
  explicit State(std::filesystem::path file) : file_(std::move(file)) {}

  void end() { ended_.store(true); }

  // Opens the connection, or another one in its place.
  Result<void> connect() {
    for (Statement* const statement : {&list_, &find_, &document_, &log_, &snapshot_, &catalog_,
                                       &oldest_entry_, &is_old_, &two_snapshots_}) {
      *statement = Statement();
    }
    connection_.reset();
    auto connection = open_connection(file_);
    if (!connection.ok()) return sqlite::open_error(file_, connection.error());
    SYNCLINE_TRY(sqlite::prepare_for_reading(*connection, file_));
    connection_ = std::move(*connection);
    connection_->fail_once(ended_);
    auto prepared = prepare();
    if (prepared.ok()) return {};
    connection_.reset();
    return sqlite::open_error(file_, prepared.error());
  }

  Result<std::vector<ports::DocumentEntry>> list(const std::optional<std::string>& after,
                                                 std::size_t limit, const std::string& filter) {
    const std::lock_guard lock(mutex_);
    SYNCLINE_TRY(ensure_connected());
    // Every legal name is greater than the empty text, and every text contains it.
    Execution rows = list_.execute(std::string_view(after ? *after : std::string_view()),
                                   std::string_view(filter), to_column(limit));
    std::vector<ports::DocumentEntry> entries;
    while (true) {
      SYNCLINE_ASSIGN(const bool row, rows.next());
      if (!row) return entries;
      SYNCLINE_ASSIGN(ports::DocumentEntry entry, read_entry(rows));
      entries.push_back(std::move(entry));
    }
  }

  Result<std::optional<ports::DocumentEntry>> find(const DocumentName& name) {
    const std::lock_guard lock(mutex_);
    SYNCLINE_TRY(ensure_connected());
    Execution rows = find_.execute(std::string_view(name.text()));
    SYNCLINE_ASSIGN(const bool row, rows.next());
    if (!row) return std::optional<ports::DocumentEntry>();
    SYNCLINE_ASSIGN(ports::DocumentEntry entry, read_entry(rows));
    return std::optional(std::move(entry));
  }

  // In one transaction, so that the head fits the records.
  Result<ports::LogPage> read_log(const DocumentName& document, Sequence after,
                                  std::size_t bytes_max) {
    const std::lock_guard lock(mutex_);
    return in_transaction([&] { return read_page(document, after, bytes_max); });
  }

  // In one transaction, because many small ones cost more than the looking up.
  Result<std::vector<Sequence>> read_heads(const std::vector<DocumentName>& documents) {
    const std::lock_guard lock(mutex_);
    return in_transaction([&] { return look_up_heads(documents); });
  }

  Result<ports::OldLogPage> find_old_logs(const std::optional<DocumentName>& after,
                                          std::size_t count_max, const ports::HistoryAge& age) {
    const std::lock_guard lock(mutex_);
    return in_transaction([&] { return look_for_old_logs(after, count_max, age); });
  }

  Result<std::optional<ports::Snapshot>> read_snapshot(const DocumentName& document,
                                                       Sequence before) {
    const std::lock_guard lock(mutex_);
    SYNCLINE_TRY(ensure_connected());
    Execution rows = snapshot_.execute(std::string_view(document.text()), to_column(before.value));
    SYNCLINE_ASSIGN(const bool row, rows.next());
    if (!row) return std::optional<ports::Snapshot>();
    return std::optional(
        ports::Snapshot{.sequence = Sequence{static_cast<std::uint64_t>(rows.integer(0))},
                        .checksum = std::bit_cast<std::uint64_t>(rows.integer(1)),
                        .state = SharedBytes(rows.blob(2))});
  }

 private:
  Result<void> prepare() {
    const auto prepare = [this](Statement& statement, std::string_view sql) -> Result<void> {
      SYNCLINE_ASSIGN(statement, connection_->prepare(sql));
      return {};
    };
    SYNCLINE_TRY(
        prepare(list_,
                "SELECT name, head, log_bytes, created_at_ms, updated_at_ms, forgotten_through"
                " FROM documents WHERE name > ?1 AND instr(name, ?2) > 0"
                " ORDER BY name LIMIT ?3"));
    SYNCLINE_TRY(
        prepare(find_,
                "SELECT name, head, log_bytes, created_at_ms, updated_at_ms, forgotten_through"
                " FROM documents WHERE name = ?"));
    SYNCLINE_TRY(prepare(document_, "SELECT id, head FROM documents WHERE name = ?"));
    SYNCLINE_TRY(prepare(log_,
                         "SELECT sequence, checksum, data FROM updates"
                         " WHERE document_id = ? AND sequence > ? ORDER BY sequence"));
    SYNCLINE_TRY(prepare(snapshot_,
                         "SELECT sequence, checksum, data FROM snapshots"
                         " WHERE document_id = (SELECT id FROM documents WHERE name = ?)"
                         " AND sequence < ? ORDER BY sequence DESC LIMIT 1"));
    SYNCLINE_TRY(prepare(catalog_,
                         "SELECT id, name, head FROM documents WHERE name > ? ORDER BY name"
                         " LIMIT ?"));
    SYNCLINE_TRY(prepare(oldest_entry_,
                         "SELECT sequence FROM updates WHERE document_id = ? ORDER BY sequence"
                         " LIMIT 1"));
    SYNCLINE_TRY(prepare(is_old_,
                         "SELECT 1 FROM updates WHERE document_id = ? AND sequence = ?"
                         " AND written_s < unixepoch() - ?"));
    return prepare(two_snapshots_,
                   "SELECT sequence FROM snapshots WHERE document_id = ? ORDER BY sequence DESC"
                   " LIMIT 2");
  }

  Result<void> ensure_connected() {
    if (ended_.load()) return ErrorCode::unavailable;
    return connection_.has_value() ? Result<void>() : connect();
  }

  template <class Read>
  auto in_transaction(const Read& read) -> decltype(read()) {
    SYNCLINE_TRY(ensure_connected());
    SYNCLINE_TRY(connection_->run("BEGIN"));
    auto found = read();
    auto ended = connection_->run("COMMIT");
    if (ended.ok()) return found;
    // Its transaction would make every later BEGIN fail; closing ends it. If no other connection
    // can be opened now, the next call tries again.
    static_cast<void>(connect().ok());
    if (!found.ok()) return found;
    return ended.error();
  }

  Result<std::vector<Sequence>> look_up_heads(const std::vector<DocumentName>& documents) {
    std::vector<Sequence> heads;
    for (const DocumentName& document : documents) {
      Execution found = document_.execute(std::string_view(document.text()));
      SYNCLINE_ASSIGN(const bool exists, found.next());
      heads.push_back(exists ? Sequence{static_cast<std::uint64_t>(found.integer(1))} : Sequence{});
    }
    return heads;
  }

  Result<ports::LogPage> read_page(const DocumentName& document, Sequence after,
                                   std::size_t bytes_max) {
    ports::LogPage page;
    Execution found = document_.execute(std::string_view(document.text()));
    SYNCLINE_ASSIGN(const bool exists, found.next());
    if (!exists) return page;
    page.head = Sequence{static_cast<std::uint64_t>(found.integer(1))};
    Execution rows = log_.execute(found.integer(0), to_column(after.value));
    std::size_t bytes = 0;
    while (bytes < bytes_max || page.records.empty()) {
      SYNCLINE_ASSIGN(const bool row, rows.next());
      if (!row) break;
      page.records.push_back({.sequence = Sequence{static_cast<std::uint64_t>(rows.integer(0))},
                              .checksum = std::bit_cast<std::uint64_t>(rows.integer(1)),
                              .update = SharedBytes(rows.blob(2))});
      // With the record itself, so that a page of tiny updates is bounded in memory, too.
      bytes += page.records.back().update.size() + sizeof(ports::LogRecord);
    }
    return page;
  }

  Result<ports::OldLogPage> look_for_old_logs(const std::optional<DocumentName>& after,
                                              std::size_t count_max, const ports::HistoryAge& age) {
    const auto retention = std::int64_t{std::chrono::ceil<seconds>(age.retention).count()};
    ports::OldLogPage page;
    std::size_t seen = 0;
    Execution rows = catalog_.execute(std::string_view(after ? after->text() : std::string_view()),
                                      to_column(count_max));
    while (true) {
      SYNCLINE_ASSIGN(const bool row, rows.next());
      if (!row) break;
      auto name = DocumentName::parse(rows.text(1));
      if (!name.ok()) return Error{ErrorCode::checksum_mismatch, name.error().message()};
      if (++seen == count_max) page.last = *name;
      ports::OldLog log{.document = std::move(*name),
                        .first = {},
                        .due = {},
                        .head = Sequence{static_cast<std::uint64_t>(rows.integer(2))}};
      SYNCLINE_ASSIGN(const bool worthwhile,
                      has_something_to_forget(rows.integer(0), log, age.updates_min, retention));
      if (worthwhile) page.logs.push_back(std::move(log));
    }
    return page;
  }

  // Fills in what the log has, as far as it is needed.
  Result<bool> has_something_to_forget(std::int64_t id, ports::OldLog& log, std::size_t updates_min,
                                       std::int64_t retention) {
    {
      Execution oldest = oldest_entry_.execute(id);
      SYNCLINE_ASSIGN(const bool exists, oldest.next());
      if (!exists) return false;
      log.first = Sequence{static_cast<std::uint64_t>(oldest.integer(0))};
    }
    // At least one has to stay.
    if (log.first >= log.head) return false;
    const auto is_old = [&](Sequence sequence) -> Result<bool> {
      Execution entry = is_old_.execute(id, to_column(sequence.value), retention);
      return entry.next();
    };
    SYNCLINE_ASSIGN(const bool begins_old, is_old(log.first));
    if (!begins_old) return false;
    log.due = log.head;
    SYNCLINE_ASSIGN(bool due, is_old(log.due));
    if (!due) {
      log.due = Sequence{log.first.value + updates_min - 1};
      SYNCLINE_ASSIGN(due, is_old(log.due));
    }
    if (!due) return false;
    // Snapshots that allow it, or room for others.
    std::vector<std::int64_t> snapshots;
    Execution rows = two_snapshots_.execute(id);
    while (true) {
      SYNCLINE_ASSIGN(const bool row, rows.next());
      if (!row) break;
      snapshots.push_back(rows.integer(0));
    }
    const bool covered = snapshots.size() == 2 && snapshots[1] >= to_column(log.first.value);
    return covered || snapshots.empty() || snapshots[0] < to_column(log.head.value);
  }

  const std::filesystem::path file_;
  std::atomic<bool> ended_ = false;
  std::mutex mutex_;                      // Over everything below.
  std::optional<Connection> connection_;  // Null: the last one failed, and so did opening another.
  Statement list_;
  Statement find_;
  Statement document_;
  Statement log_;
  Statement snapshot_;
  Statement catalog_;
  Statement oldest_entry_;
  Statement is_old_;
  Statement two_snapshots_;
};

Result<std::unique_ptr<SqliteReader>> SqliteReader::open(const std::filesystem::path& folder) {
  const std::filesystem::path file = sqlite::database_file(folder);
  std::error_code code;
  if (!std::filesystem::exists(file, code)) {
    return Error{ErrorCode::not_found, "there is no database in " + folder.string() +
                                           "; name the server's data folder with --data"};
  }
  SYNCLINE_TRY(sqlite::check_file(file));
  auto state = std::make_unique<State>(file);
  SYNCLINE_TRY(state->connect());
  return std::unique_ptr<SqliteReader>(new SqliteReader(std::move(state)));
}

SqliteReader::SqliteReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteReader::~SqliteReader() = default;

void SqliteReader::end() { state_->end(); }

Result<std::vector<ports::DocumentEntry>> SqliteReader::list(
    const std::optional<std::string>& after, std::size_t limit, const std::string& filter) {
  return state_->list(after, limit, filter);
}

Result<std::optional<ports::DocumentEntry>> SqliteReader::find(const DocumentName& name) {
  return state_->find(name);
}

Result<ports::LogPage> SqliteReader::read_log(const DocumentName& document, Sequence after,
                                              std::size_t bytes_max) {
  return state_->read_log(document, after, bytes_max);
}

Result<std::vector<Sequence>> SqliteReader::read_heads(const std::vector<DocumentName>& documents) {
  return state_->read_heads(documents);
}

Result<std::optional<ports::Snapshot>> SqliteReader::read_snapshot(const DocumentName& document,
                                                                   Sequence before) {
  return state_->read_snapshot(document, before);
}

Result<ports::OldLogPage> SqliteReader::find_old_logs(const std::optional<DocumentName>& after,
                                                      std::size_t count_max,
                                                      ports::HistoryAge age) {
  return state_->find_old_logs(after, count_max, age);
}

}  // namespace syncline::adapters
