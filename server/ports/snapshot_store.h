#pragma once

#include <cstdint>
#include <optional>

#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/result.h"

namespace syncline::ports {

// A document's whole state when its log had `sequence` entries: never less than their effect.
struct Snapshot {
  Sequence sequence;
  std::uint64_t checksum;  // As given to write_snapshot; the core compares.
  SharedBytes state;       // One update, format v1.
};

enum class SnapshotOutcome : std::uint8_t {
  written,
  stale,   // One at this or a later sequence exists already; nothing was changed.
  failed,  // Nothing was changed.
};

// The answers, on the shard's thread, never from within a request. Each request gets exactly one.
class SnapshotStoreSink {
 public:
  virtual void on_snapshot_read(RequestToken token, Result<std::optional<Snapshot>> snapshot) = 0;
  virtual void on_snapshot_written(RequestToken token, SnapshotOutcome outcome) = 0;

 protected:
  ~SnapshotStoreSink() = default;
};

// Snapshots make loading fast, and the log is the truth, but for its beginning once that has been
// forgotten (HistoryStore). At least the two newest of each document are kept, so that a damaged
// one has one before it to fall back to, and the two on which something forgotten relies.
// Implementations: adapters/sqlite, tests/world.
class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;

  // Reads the newest snapshot with sequence < before (Sequence{UINT64_MAX}: the newest of all);
  // nullopt if there is none.
  virtual void read_snapshot(RequestToken token, const DocumentName& document, Sequence before) = 0;

  // Writes a snapshot, fenced by its sequence number: an older one can never replace a newer one.
  virtual void write_snapshot(RequestToken token, const DocumentName& document,
                              Snapshot snapshot) = 0;
};

}  // namespace syncline::ports
