#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/ids.h"
#include "server/ports/history_store.h"
#include "server/ports/snapshot_store.h"
#include "sim/services/document_numbers.h"

// What every store can be asked for.

namespace syncline::sim {

// An update for its document's log, under the next sequence number.
struct AppendRow {
  DocumentNumber document;
  std::uint64_t checksum;
  SharedBytes update;
};
// Answer: ports::SnapshotOutcome, written or stale.
struct WriteSnapshot {
  DocumentNumber document;
  ports::Snapshot snapshot;
};

// Answer: ports::LogPage.
struct ReadLog {
  DocumentNumber document;
  Sequence after;
  std::size_t bytes_max;
};
// Answer: the heads, in the order asked for.
struct ReadHeads {
  std::vector<DocumentNumber> documents;
};
// Answer: std::optional<ports::Snapshot>.
struct ReadSnapshot {
  DocumentNumber document;
  Sequence before;
};

// Which of these logs have something to forget. Answer: OldLogRows, in that order.
struct FindOldLogs {
  std::vector<DocumentNumber> documents;
  ports::HistoryAge age;
};
struct OldLogRow {
  DocumentNumber document;
  Sequence first;
  Sequence due;
  Sequence head;
};
using OldLogRows = std::vector<OldLogRow>;

// Answer: ports::ForgetResult, done or stale.
struct ForgetRows {
  DocumentNumber document;
  ports::Forgetting forgetting;
};

}  // namespace syncline::sim
