#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/core/sequence_tracker.h"
#include "server/crdt/doc.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"
#include "server/ports/write_buffer.h"

namespace syncline::core {

// Gives each request of a shard its token and remembers who asked.
class TokenSource {
 public:
  virtual RequestToken next_token() = 0;

 protected:
  ~TokenSource() = default;
};

// Builds a replica from the store: the newest intact snapshot, then the log after it, page by page,
// then what was still in the write buffer, if there is one.
//
// The log is the truth. A damaged snapshot is passed over for the one before it, down to none; a
// damaged or missing log record means that the document must not be served, or its readers would
// continue from something that is not what was acknowledged: the loader ends as `unreadable` and
// changes nothing.
//
// The beginning of a log may have been forgotten (core/compactor.h); then snapshots have its
// effect. If that happens between the two reads, there are newer snapshots, and the loader begins
// again with those. If there is none that is intact, a part of the document is missing:
// `unreadable`.
//
// A state machine: start() asks the stores, the owner hands the answers in, and after each one
// status() says how things stand.
class DocumentLoader {
 public:
  enum class Status : std::uint8_t {
    loading,
    done,
    failed,      // The store could not answer now; trying again later may work.
    unreadable,  // The log holds something that is not an update. Trying again does not help.
  };

  // The stores and tokens must outlive the loader.
  DocumentLoader(ports::UpdateStore& updates, ports::SnapshotStore& snapshots, TokenSource& tokens,
                 DocumentName document, const crdt::DocOptions& options, std::size_t page_bytes);

  // Inputs.
  // Goes no further than to this entry of the log, unless a snapshot does. Before start().
  void stop_at(Sequence last) { last_ = last; }
  // What was in the write buffer before start(), to be applied after the log.
  void add_tail(const std::vector<ports::BufferRecord>& records);
  void start();
  void on_snapshot_read(Result<std::optional<ports::Snapshot>> snapshot);
  void on_log_page(Result<ports::LogPage> page);

  // Observers.
  Status status() const { return status_; }
  // Why it failed or is unreadable, for the log.
  const std::string& problem() const { return problem_; }
  int damaged_snapshots() const { return damaged_snapshots_; }
  // Of the snapshot that was used; 0 if none.
  Sequence snapshot_sequence() const { return snapshot_sequence_; }
  Sequence sequence() const { return sequence_; }

  // REQUIRES: status() == done; may be called once.
  crdt::Doc take_document();

 private:
  void reset_document();
  void read_newest_snapshot();
  void read_log();
  void on_missing_record();
  void fail_for_missing_record();
  void fail(Status status, std::string problem);
  bool apply_record(const ports::LogRecord& record);
  void finish();

  ports::UpdateStore& updates_;
  ports::SnapshotStore& snapshots_;
  TokenSource& tokens_;
  const DocumentName document_;
  const crdt::DocOptions options_;
  const std::size_t page_bytes_;

  Status status_ = Status::loading;
  std::string problem_;
  int damaged_snapshots_ = 0;
  Sequence snapshot_sequence_;
  Sequence sequence_;  // The replica holds the log up to here.
  Sequence last_{std::numeric_limits<std::uint64_t>::max()};  // And shall not go beyond this.
  // The log has no entry after this one though it goes on: only a newer snapshot helps.
  std::optional<Sequence> forgotten_after_;
  std::optional<crdt::Doc> doc_;
  std::vector<ports::BufferRecord> tail_;
};

// Checks an update that was stored and integrates it. The error says what is wrong with it.
Result<crdt::ApplyOutcome> apply_record(crdt::Doc& doc, std::uint64_t checksum,
                                        const SharedBytes& update);

// The document's state as a snapshot of its log up to `sequence`.
ports::Snapshot snapshot_of(const crdt::Doc& doc, Sequence sequence);

}  // namespace syncline::core
