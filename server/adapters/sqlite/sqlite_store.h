#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/adapters/sqlite/answer.h"
#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/ports/executor.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"

namespace syncline::adapters {

class SqliteDatabase;

// The logs and snapshots of one shard, in the database that all shards share. Its calls are made on
// the shard's thread; the answers come back there through the shard's executor, those of one commit
// together.
//
// It must live until the database has stopped and the executor runs no more tasks.
class SqliteStore final : public ports::UpdateStore,
                          public ports::SnapshotStore,
                          private sqlite::Requester {
 public:
  SqliteStore(SqliteDatabase& database, ports::Executor& executor);

  // Where the answers go. REQUIRES: called before the first request. The sinks must outlive the
  // answers to all requests.
  void attach(ports::UpdateStoreSink& updates, ports::SnapshotStoreSink& snapshots);

  void append(RequestToken token, const DocumentName& document, SharedBytes update,
              std::uint64_t checksum) override;
  void read_log(RequestToken token, const DocumentName& document, Sequence after,
                std::size_t bytes_max) override;
  void read_heads(RequestToken token, std::vector<DocumentName> documents) override;
  void read_snapshot(RequestToken token, const DocumentName& document, Sequence before) override;
  void write_snapshot(RequestToken token, const DocumentName& document,
                      ports::Snapshot snapshot) override;

 private:
  void deliver(std::vector<sqlite::Answer> answers) override;

  SqliteDatabase& database_;
  ports::Executor& executor_;
  ports::UpdateStoreSink* updates_ = nullptr;      // Constant after attach().
  ports::SnapshotStoreSink* snapshots_ = nullptr;  // Constant after attach().
};

}  // namespace syncline::adapters
