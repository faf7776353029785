#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "server/adapters/sqlite/connection.h"
#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/instant.h"
#include "server/base/result.h"
#include "server/ports/history_store.h"
#include "server/ports/snapshot_store.h"

namespace syncline::adapters::sqlite {

// The one connection that writes, one transaction at a time: begin(), any appends and snapshots,
// then finish() and commit(), or rollback(). After any error but one of commit() the transaction
// must be rolled back; nothing of it is then in the database.
//
// A connection that cannot roll back is of no use any more: the next begin() opens another.
//
// A document's head is read once in a transaction and written once, however many updates it gets.
//
// Used by one thread at a time. REQUIRES: the folder's lock is held.
class WriteConnection {
 public:
  // Creates or migrates the database.
  static Result<std::unique_ptr<WriteConnection>> open(const std::filesystem::path& file);

  WriteConnection(const WriteConnection&) = delete;
  WriteConnection& operator=(const WriteConnection&) = delete;

  Result<void> begin();

  // Appends under the document's next sequence number; makes the document if it is new.
  Result<Sequence> append(const DocumentName& document, BytesView update, std::uint64_t checksum,
                          WallTime now);

  // Refuses a snapshot that is not newer than the newest, or that is ahead of its document's log
  // (the log may be one restored from a backup; such a snapshot must never be loaded with it).
  Result<ports::SnapshotOutcome> write_snapshot(const DocumentName& document,
                                                const ports::Snapshot& snapshot);

  // As ports::HistoryStore::forget(). In a transaction without appends.
  Result<ports::ForgetResult> forget(const DocumentName& document,
                                     const ports::Forgetting& forgetting);

  // Writes what commit() needs. The last point at which failure means "not in the log".
  Result<void> finish(WallTime now);

  // An error here leaves it unknown whether the transaction survives a crash. Rolls back by itself.
  Result<void> commit();
  void rollback();

  // Pages in the write-ahead log, as of the last commit.
  int log_pages() const { return log_pages_; }
  Result<void> checkpoint_passive();

  // Before the connection is closed for good: either empties the write-ahead log, or leaves it.
  Result<void> tidy();
  void leave_log();

  // The database file may grow to so many pages (4 KiB each).
  Result<void> limit_pages(std::uint32_t pages);
  void limit_value_bytes(int bytes);

 private:
  // A document that this transaction touched.
  struct Touched {
    std::int64_t id;
    std::int64_t head;
    std::int64_t added_bytes;
  };

  explicit WriteConnection(std::filesystem::path file) : file_(std::move(file)) {}

  // Opens the connection; closes an earlier one.
  Result<void> connect();
  Result<void> prepare_statements();
  // Null if there is no such document.
  Result<Touched*> find(const DocumentName& document);
  Result<Touched*> find_or_make(const DocumentName& document, WallTime now);
  Result<void> keep_two_snapshots(std::int64_t document_id);

  const std::filesystem::path file_;
  // Null: it could not roll back, and no other could be opened yet.
  std::optional<Connection>
      connection_;  // Before the statements, which must be gone when it closes.
  Statement select_document_;
  Statement insert_document_;
  Statement update_document_;
  Statement insert_update_;
  Statement newest_snapshot_;
  Statement insert_snapshot_;
  Statement trim_snapshots_;
  Statement verify_snapshot_;
  Statement oldest_updates_;
  Statement delete_updates_;
  Statement delete_snapshots_;
  Statement note_forgotten_;

  // By name; of the open transaction. The order of iteration is the order of the UPDATEs, which
  // nobody can observe.
  std::unordered_map<std::string, Touched> touched_;
  int log_pages_ = 0;

  // What a new connection must be told; 0: nothing.
  std::uint32_t pages_max_ = 0;
  int value_bytes_max_ = 0;
};

}  // namespace syncline::adapters::sqlite
