#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/ids.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"
#include "server/ports/write_buffer.h"
#include "sim/network.h"
#include "sim/services/document_numbers.h"
#include "sim/services/store_requests.h"

// What a client asks of the simulated PostgreSQL, and what it answers. Each request is one
// transaction, sent whole in one round trip; a connection carries one at a time.

namespace syncline::sim {

// Appends the rows, each under its document's next sequence number. Answer: those, row by row.
struct AppendRows {
  std::vector<AppendRow> rows;
};

struct DrainRows {
  DocumentNumber document;
  std::vector<ports::BufferRecord> records;
};
// Appends what no earlier drain has appended. Answer: the heads, document by document.
struct DrainDocuments {
  std::vector<DrainRows> documents;
};

using PostgresRequest = std::variant<AppendRows, DrainDocuments, ReadLog, ReadHeads, ReadSnapshot,
                                     WriteSnapshot, FindOldLogs, ForgetRows>;
// Kept by the client until it is answered, so that it can be sent again.
using PostgresRequestPtr = std::shared_ptr<const PostgresRequest>;

// The transaction was rolled back.
enum class PostgresError : std::uint8_t {
  serialization_failure,  // 40001: the same transaction may succeed if it is tried again.
  disk_full,              // 53100
  statement_timeout,      // 57014: it waited for a lock for too long.
  no_connection_free,     // 53300
};

using PostgresAnswer = std::variant<PostgresError, std::vector<Sequence>, ports::LogPage,
                                    std::optional<ports::Snapshot>, ports::SnapshotOutcome,
                                    OldLogRows, ports::ForgetResult>;

// The end of a connection that asks.
class PostgresClient {
 public:
  virtual void on_postgres_answer(LinkId link, PostgresAnswer answer) = 0;

 protected:
  ~PostgresClient() = default;
};

}  // namespace syncline::sim
