#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/ports/document_catalog.h"
#include "server/ports/history_store.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"

namespace syncline::ports {

// A store as commands and the HTTP API read it: blocking, and without changing anything. A server
// may be writing at the same time; each call sees what was committed before it. May be called from
// any thread; calls may wait for each other. Implementations: adapters/sqlite, adapters/postgres.
class StoreReader : public DocumentCatalog {
 public:
  // From now on every call, also one that is under way, fails with `unavailable`. For a process
  // that ends.
  virtual void end() = 0;

  // As in UpdateStore and SnapshotStore.
  virtual Result<LogPage> read_log(const DocumentName& document, Sequence after,
                                   std::size_t bytes_max) = 0;
  virtual Result<std::vector<Sequence>> read_heads(const std::vector<DocumentName>& documents) = 0;
  virtual Result<std::optional<Snapshot>> read_snapshot(const DocumentName& document,
                                                        Sequence before) = 0;
  // As in HistoryStore.
  virtual Result<OldLogPage> find_old_logs(const std::optional<DocumentName>& after,
                                           std::size_t count_max, HistoryAge age) = 0;
};

}  // namespace syncline::ports
