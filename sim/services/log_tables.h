#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/ids.h"
#include "server/ports/history_store.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"
#include "server/ports/write_buffer.h"
#include "sim/services/chronicle.h"
#include "sim/services/document_numbers.h"
#include "sim/services/store_requests.h"

namespace syncline::sim {

// The committed contents of a store: for each document its log, its newest snapshots, and how far
// each lineage of its write buffer has been drained. What is here is durable; who commits to it
// (Postgres, EmbeddedStore) decides when. Tells the history of every commit and every read.
class LogTables {
 public:
  // So many snapshots of each document are kept, the newest.
  static constexpr std::size_t snapshots_kept = 2;
  // The time of day at the store. The time of an entry is asked for when it is appended.
  using Dates = std::function<WallTime()>;

  explicit LogTables(const Chronicle& chronicle) : chronicle_(chronicle) {}

  LogTables(const LogTables&) = delete;
  LogTables& operator=(const LogTables&) = delete;

  // From now on entries get a date; without it nothing is ever old.
  void date_entries(Dates dates) { dates_ = std::move(dates); }

  // One row of a transaction that commits now.
  Sequence append(DocumentNumber document, std::uint64_t checksum, const SharedBytes& update);
  // The rows that no earlier drain has appended. Returns the log's head.
  Sequence drain(DocumentNumber document, const std::vector<ports::BufferRecord>& records);
  // Stores the snapshot's bytes damaged if `torn`.
  ports::SnapshotOutcome write_snapshot(DocumentNumber document, history::Party writer,
                                        const ports::Snapshot& snapshot, bool torn);

  // Removes the oldest entries if both snapshots are there; keeps those.
  ports::ForgetResult forget(DocumentNumber document, const ports::Forgetting& forgetting);

  // Planted bugs only: writes the row under this number, whatever is there; takes back all after
  // `head`; counts the records as drained without having them.
  void overwrite(DocumentNumber document, Sequence sequence, std::uint64_t checksum,
                 const SharedBytes& update);
  void truncate(DocumentNumber document, Sequence head);
  void skip(DocumentNumber document, const std::vector<ports::BufferRecord>& records);

  Sequence head(DocumentNumber document) const;
  ports::LogPage read_log(DocumentNumber document, history::Party reader, Sequence after,
                          std::size_t bytes_max) const;
  std::optional<ports::Snapshot> read_snapshot(DocumentNumber document, Sequence before) const;
  OldLogRows find_old_logs(const FindOldLogs& request) const;

  // For cold reads: what was ever appended, of which the first entries may be forgotten. Lives
  // until the next append.
  const std::vector<ports::LogRecord>& log(DocumentNumber document) const;
  Sequence forgotten(DocumentNumber document) const;

 private:
  struct Drained {
    std::uint64_t lineage;
    std::uint64_t offset;
  };

  struct Shelf {
    std::vector<ports::LogRecord> log;       // The record with sequence n is the n-th.
    std::vector<WallTime> dates;             // Of the same, if entries are dated.
    std::size_t forgotten = 0;               // So many records can be read no more.
    std::vector<Sequence> verified;          // Snapshots on which that relies.
    std::vector<Drained> drained;            // The newest lineage last.
    std::vector<ports::Snapshot> snapshots;  // Ascending.
  };

  Shelf& shelf(DocumentNumber document);
  bool is_old(const Shelf& shelf, std::size_t sequence, Duration retention) const;
  // How far the record's lineage has been drained.
  static Drained& drained_of(Shelf& shelf, const ports::BufferRecord& record);
  // An empty one if nothing was ever written.
  const Shelf& find(DocumentNumber document) const;

  const Chronicle& chronicle_;
  Dates dates_;
  std::vector<Shelf> shelves_;  // By document number.
};

}  // namespace syncline::sim
