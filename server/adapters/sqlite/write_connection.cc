#include "server/adapters/sqlite/write_connection.h"

#include <bit>
#include <chrono>
#include <utility>

#include "server/adapters/sqlite/schema.h"

namespace syncline::adapters::sqlite {

Result<std::unique_ptr<WriteConnection>> WriteConnection::open(const std::filesystem::path& file) {
  std::unique_ptr<WriteConnection> writer(new WriteConnection(file));
  SYNCLINE_TRY(writer->connect());
  return writer;
}

Result<void> WriteConnection::connect() {
  for (Statement* const statement :
       {&select_document_, &insert_document_, &update_document_, &insert_update_, &newest_snapshot_,
        &insert_snapshot_, &trim_snapshots_, &verify_snapshot_, &oldest_updates_, &delete_updates_,
        &delete_snapshots_, &note_forgotten_}) {
    *statement = Statement();
  }
  connection_.reset();
  auto connection = Connection::open(file_, Connection::Mode::read_write);
  if (!connection.ok()) return open_error(file_, connection.error());
  SYNCLINE_TRY(prepare_for_writing(*connection, file_));
  connection_ = std::move(*connection);
  auto prepared = prepare_statements();
  if (!prepared.ok()) {
    connection_.reset();
    return open_error(file_, prepared.error());
  }
  connection_->on_commit(
      [](void* context, sqlite3*, const char*, int pages) {
        static_cast<WriteConnection*>(context)->log_pages_ = pages;
        return 0;
      },
      this);
  if (value_bytes_max_ > 0) connection_->limit_value_bytes(value_bytes_max_);
  return pages_max_ > 0 ? limit_pages(pages_max_) : Result<void>();
}

Result<void> WriteConnection::prepare_statements() {
  const auto prepare = [this](Statement& statement, std::string_view sql) -> Result<void> {
    SYNCLINE_ASSIGN(statement, connection_->prepare(sql));
    return {};
  };
  SYNCLINE_TRY(prepare(select_document_, "SELECT id, head FROM documents WHERE name = ?"));
  SYNCLINE_TRY(prepare(insert_document_,
                       "INSERT INTO documents(name, head, log_bytes, created_at_ms, updated_at_ms)"
                       " VALUES (?1, 0, 0, ?2, ?2)"));
  SYNCLINE_TRY(prepare(update_document_,
                       "UPDATE documents SET head = ?2, log_bytes = log_bytes + ?3,"
                       " updated_at_ms = ?4 WHERE id = ?1"));
  SYNCLINE_TRY(prepare(insert_update_,
                       "INSERT INTO updates(document_id, sequence, checksum, data, written_s)"
                       " VALUES (?, ?, ?, ?, unixepoch())"));
  SYNCLINE_TRY(
      prepare(newest_snapshot_, "SELECT max(sequence) FROM snapshots WHERE document_id = ?"));
  SYNCLINE_TRY(prepare(insert_snapshot_,
                       "INSERT INTO snapshots(document_id, sequence, checksum, data)"
                       " VALUES (?, ?, ?, ?)"));
  SYNCLINE_TRY(
      prepare(trim_snapshots_,
              "DELETE FROM snapshots WHERE document_id = ?1 AND verified = 0 AND sequence <"
              " (SELECT sequence FROM snapshots WHERE document_id = ?1"
              "  ORDER BY sequence DESC LIMIT 1 OFFSET 1)"));
  SYNCLINE_TRY(prepare(verify_snapshot_,
                       "UPDATE snapshots SET verified = 1 WHERE document_id = ? AND sequence = ?"
                       " AND checksum = ? RETURNING sequence"));
  // From the first on, without gaps, up to one that is not old.
  SYNCLINE_TRY(prepare(oldest_updates_,
                       "SELECT count(*), total(length(data)), max(sequence) FROM updates"
                       " WHERE document_id = ?1 AND sequence <= ?2 AND sequence < coalesce("
                       "  (SELECT sequence FROM updates WHERE document_id = ?1 AND sequence <= ?2"
                       "   AND written_s >= unixepoch() - ?3 ORDER BY sequence LIMIT 1),"
                       "  9223372036854775807)"));
  SYNCLINE_TRY(
      prepare(delete_updates_, "DELETE FROM updates WHERE document_id = ? AND sequence <= ?"));
  SYNCLINE_TRY(
      prepare(delete_snapshots_, "DELETE FROM snapshots WHERE document_id = ? AND sequence < ?"));
  return prepare(note_forgotten_,
                 "UPDATE documents SET forgotten_through = ?2, log_bytes = log_bytes - ?3"
                 " WHERE id = ?1");
}

Result<void> WriteConnection::begin() {
  SYNCLINE_ASSERT(touched_.empty());
  if (!connection_.has_value()) SYNCLINE_TRY(connect());
  return connection_->run("BEGIN IMMEDIATE");
}

Result<Sequence> WriteConnection::append(const DocumentName& document, BytesView update,
                                         std::uint64_t checksum, WallTime now) {
  SYNCLINE_ASSERT(!update.empty());
  SYNCLINE_ASSIGN(Touched* const touched, find_or_make(document, now));
  SYNCLINE_TRY(
      insert_update_
          .execute(touched->id, touched->head + 1, std::bit_cast<std::int64_t>(checksum), update)
          .done());
  touched->added_bytes += static_cast<std::int64_t>(update.size());
  return Sequence{static_cast<std::uint64_t>(++touched->head)};
}

Result<ports::SnapshotOutcome> WriteConnection::write_snapshot(const DocumentName& document,
                                                               const ports::Snapshot& snapshot) {
  SYNCLINE_ASSIGN(const Touched* const touched, find(document));
  const auto sequence = std::bit_cast<std::int64_t>(snapshot.sequence.value);
  if (touched == nullptr || sequence < 0 || sequence > touched->head) {
    return ports::SnapshotOutcome::failed;
  }
  {
    Execution newest = newest_snapshot_.execute(touched->id);
    SYNCLINE_ASSIGN(const bool row, newest.next());
    // Without any snapshot, max() is NULL, which reads as 0.
    if (row && newest.integer(0) >= sequence) return ports::SnapshotOutcome::stale;
  }
  SYNCLINE_TRY(insert_snapshot_
                   .execute(touched->id, sequence, std::bit_cast<std::int64_t>(snapshot.checksum),
                            snapshot.state.view())
                   .done());
  SYNCLINE_TRY(keep_two_snapshots(touched->id));
  return ports::SnapshotOutcome::written;
}

Result<ports::ForgetResult> WriteConnection::forget(const DocumentName& document,
                                                    const ports::Forgetting& forgetting) {
  const ports::ForgetResult stale{.outcome = ports::ForgetOutcome::stale};
  SYNCLINE_ASSIGN(const Touched* const touched, find(document));
  if (touched == nullptr) return stale;
  for (const ports::SnapshotId& snapshot : {forgetting.older, forgetting.newer}) {
    Execution verified =
        verify_snapshot_.execute(touched->id, std::bit_cast<std::int64_t>(snapshot.sequence.value),
                                 std::bit_cast<std::int64_t>(snapshot.checksum));
    SYNCLINE_ASSIGN(const bool found, verified.next());
    if (!found) return stale;
  }
  const auto retention = std::int64_t{std::chrono::ceil<seconds>(forgetting.retention).count()};
  ports::ForgetResult result{.outcome = ports::ForgetOutcome::done};
  std::int64_t through = 0;
  {
    Execution oldest = oldest_updates_.execute(
        touched->id, std::bit_cast<std::int64_t>(forgetting.through.value), retention);
    SYNCLINE_TRY(oldest.next());
    result.updates = static_cast<std::size_t>(oldest.integer(0));
    result.bytes = static_cast<std::size_t>(oldest.integer(1));
    through = oldest.integer(2);
  }
  SYNCLINE_TRY(
      delete_snapshots_
          .execute(touched->id, std::bit_cast<std::int64_t>(forgetting.older.sequence.value))
          .done());
  if (result.updates == 0) return result;
  SYNCLINE_TRY(delete_updates_.execute(touched->id, through).done());
  SYNCLINE_TRY(
      note_forgotten_.execute(touched->id, through, static_cast<std::int64_t>(result.bytes))
          .done());
  return result;
}

Result<void> WriteConnection::keep_two_snapshots(std::int64_t document_id) {
  return trim_snapshots_.execute(document_id).done();
}

Result<void> WriteConnection::finish(WallTime now) {
  for (const auto& [name, touched] : touched_) {
    if (touched.added_bytes == 0) continue;
    SYNCLINE_TRY(update_document_
                     .execute(touched.id, touched.head, touched.added_bytes,
                              std::int64_t{now.since_epoch.count()})
                     .done());
  }
  return {};
}

Result<void> WriteConnection::commit() {
  touched_.clear();
  auto committed = connection_->run("COMMIT");
  if (!committed.ok()) rollback();
  return committed;
}

void WriteConnection::rollback() {
  touched_.clear();
  // On some errors SQLite has rolled back already.
  if (!connection_.has_value() || !connection_->in_transaction()) return;
  if (connection_->run("ROLLBACK").ok()) return;
  // Closing a connection ends its transaction. If none can be opened now, begin() says why.
  static_cast<void>(connect().ok());
}

Result<void> WriteConnection::checkpoint_passive() {
  if (!connection_.has_value()) return ErrorCode::unavailable;
  return connection_->checkpoint_passive();
}

Result<void> WriteConnection::tidy() {
  if (!connection_.has_value()) return ErrorCode::unavailable;
  return connection_->run("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)");
}

void WriteConnection::leave_log() {
  if (connection_.has_value()) connection_->leave_log_on_close();
}

Result<void> WriteConnection::limit_pages(std::uint32_t pages) {
  pages_max_ = pages;
  if (!connection_.has_value()) return {};
  const std::string sql = "PRAGMA max_page_count = " + std::to_string(pages);
  return connection_->run(sql.c_str());
}

void WriteConnection::limit_value_bytes(int bytes) {
  value_bytes_max_ = bytes;
  if (connection_.has_value()) connection_->limit_value_bytes(bytes);
}

Result<WriteConnection::Touched*> WriteConnection::find(const DocumentName& document) {
  const auto known = touched_.find(document.text());
  if (known != touched_.end()) return &known->second;
  Execution select = select_document_.execute(std::string_view(document.text()));
  SYNCLINE_ASSIGN(const bool row, select.next());
  if (!row) return nullptr;
  const Touched touched{select.integer(0), select.integer(1), 0};
  return &touched_.emplace(document.text(), touched).first->second;
}

Result<WriteConnection::Touched*> WriteConnection::find_or_make(const DocumentName& document,
                                                                WallTime now) {
  SYNCLINE_ASSIGN(Touched* const found, find(document));
  if (found != nullptr) return found;
  SYNCLINE_TRY(
      insert_document_
          .execute(std::string_view(document.text()), std::int64_t{now.since_epoch.count()})
          .done());
  const Touched touched{connection_->last_insert_rowid(), 0, 0};
  return &touched_.emplace(document.text(), touched).first->second;
}

}  // namespace syncline::adapters::sqlite
