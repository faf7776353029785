#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/result.h"

namespace syncline::ports {

enum class Outcome : std::uint8_t {
  committed,  // It is in the log, durably, and stays there.
  refused,    // It is not in the log, and never will be from this call.
  unknown,    // The answer was lost: it may be in the log, now or later.
};

struct AppendResult {
  Outcome outcome;
  Sequence sequence = {};                    // Meaningful only when committed.
  ErrorCode error = ErrorCode::unavailable;  // Meaningful only when not committed.
};

// One entry of a document's log, as it was appended.
struct LogRecord {
  Sequence sequence;
  std::uint64_t checksum;  // As given to append; the core compares.
  SharedBytes update;
};

struct LogPage {
  std::vector<LogRecord> records;  // Ascending and without gaps, unless the log itself has one.
  Sequence head;                   // The last sequence number in the log when the page was read.
};

// The answers of a store, on the shard's thread, never from within a request. Each request gets
// exactly one.
class UpdateStoreSink {
 public:
  virtual void on_append_done(RequestToken token, AppendResult result) = 0;
  virtual void on_log_page(RequestToken token, Result<LogPage> page) = 0;
  // One for each document asked for, in that order.
  virtual void on_log_heads(RequestToken token, Result<std::vector<Sequence>> heads) = 0;

 protected:
  ~UpdateStoreSink() = default;
};

// The logs of all documents: for each a row of updates numbered 1, 2, 3, ... without gaps, in which
// an entry, once committed, never changes and its number never names another update. The oldest
// entries may be forgotten one day (HistoryStore): then a log begins later, and goes on as before.
// Implementations: adapters/sqlite, tests/world.
class UpdateStore {
 public:
  virtual ~UpdateStore() = default;

  // Appends the update under the document's next sequence number; makes the document if it is new.
  // Durable when the answer says committed: it survives SIGKILL and power loss. Appends of one
  // shard to one document that are committed get ascending numbers in the order of the calls.
  // REQUIRES: !update.empty().
  virtual void append(RequestToken token, const DocumentName& document, SharedBytes update,
                      std::uint64_t checksum) = 0;

  // Reads records with sequence > after, at most about `bytes_max` of them (at least one, if there
  // is one). A document that was never written is an empty log with head 0, not an error.
  virtual void read_log(RequestToken token, const DocumentName& document, Sequence after,
                        std::size_t bytes_max) = 0;

  // Reads the last sequence number of many documents in one round trip; 0 for one that was never
  // written. REQUIRES: !documents.empty().
  virtual void read_heads(RequestToken token, std::vector<DocumentName> documents) = 0;
};

}  // namespace syncline::ports
