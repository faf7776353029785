#pragma once

#include <vector>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/ports/update_store.h"
#include "server/ports/write_buffer.h"

namespace syncline::ports {

// Entries of one document's buffer, in the order of their offsets, on their way into its log.
struct DrainBatch {
  DocumentName document;
  std::vector<BufferRecord> records;
};

struct DrainResult {
  Outcome outcome;
  std::vector<Sequence> heads = {};          // The log's, one for each batch; only when committed.
  ErrorCode error = ErrorCode::unavailable;  // Meaningful only when not committed.
};

// The answers, on the caller's thread, never from within a request. Each request gets exactly one.
class DrainStoreSink {
 public:
  virtual void on_drain_done(RequestToken token, DrainResult result) = 0;

 protected:
  ~DrainStoreSink() = default;
};

// The way from the write buffer into the log, for workers.
//
// A worker can be killed or paused at any instruction, and another takes over what it was doing. So
// the log itself remembers, for each document and lineage, the offset up to which it has taken
// entries, and changes that in the transaction that appends them: whoever comes late with entries
// that are in the log already appends nothing. Implementations: adapters/postgres, sim/fakes.
class DrainStore {
 public:
  virtual ~DrainStore() = default;

  // Appends all entries that are not in the log yet, each under its document's next sequence
  // number, in one transaction. REQUIRES: !batches.empty(); no document twice.
  virtual void drain(RequestToken token, std::vector<DrainBatch> batches) = 0;
};

}  // namespace syncline::ports
