#pragma once

#include <vector>

#include "server/ports/drain_store.h"
#include "sim/fakes/postgres_pool.h"
#include "sim/services/document_numbers.h"

namespace syncline::sim {

// The workers' way into the log in PostgreSQL, for one worker.
class PostgresDrainStore final : public ports::DrainStore, public PostgresCaller {
 public:
  // Both must outlive it.
  PostgresDrainStore(PostgresPool& pool, DocumentNumbers& numbers)
      : pool_(pool), numbers_(numbers) {}

  // Where answers go. REQUIRES: called before the first request.
  void attach(ports::DrainStoreSink& sink) { sink_ = &sink; }

  void drain(RequestToken token, std::vector<ports::DrainBatch> batches) override;

  void on_postgres_reply(std::uint64_t ticket, PostgresReply reply) override;

 private:
  PostgresPool& pool_;
  DocumentNumbers& numbers_;
  ports::DrainStoreSink* sink_ = nullptr;
};

}  // namespace syncline::sim
