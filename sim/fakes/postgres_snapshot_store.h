#pragma once

#include "server/ports/snapshot_store.h"
#include "sim/fakes/postgres_pool.h"
#include "sim/services/document_numbers.h"

namespace syncline::sim {

// Snapshots in PostgreSQL, for one shard or worker.
class PostgresSnapshotStore final : public ports::SnapshotStore, public PostgresCaller {
 public:
  // Both must outlive it.
  PostgresSnapshotStore(PostgresPool& pool, DocumentNumbers& numbers)
      : pool_(pool), numbers_(numbers) {}

  // Where answers go. REQUIRES: called before the first request.
  void attach(ports::SnapshotStoreSink& sink) { sink_ = &sink; }

  void read_snapshot(RequestToken token, const DocumentName& document, Sequence before) override;
  void write_snapshot(RequestToken token, const DocumentName& document,
                      ports::Snapshot snapshot) override;

  void on_postgres_reply(std::uint64_t ticket, PostgresReply reply) override;

 private:
  PostgresPool& pool_;
  DocumentNumbers& numbers_;
  ports::SnapshotStoreSink* sink_ = nullptr;
};

}  // namespace syncline::sim
