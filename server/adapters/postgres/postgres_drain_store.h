#pragma once

#include <vector>

#include "server/adapters/postgres/drain_request.h"
#include "server/adapters/postgres/postgres_database.h"
#include "server/ports/drain_store.h"
#include "server/ports/executor.h"

namespace syncline::adapters {

// A worker's way from the write buffer into the log. Its calls are made on the worker's thread, and
// the answers come there through its executor.
//
// It must live until the database has stopped and the executor runs no more tasks.
class PostgresDrainStore final : public ports::DrainStore, private postgres::DrainRequester {
 public:
  PostgresDrainStore(PostgresDatabase& database, ports::Executor& executor)
      : database_(database), executor_(executor) {}

  // Where the answers go. REQUIRES: called before the first request. The sink must outlive the
  // answers to all requests.
  void attach(ports::DrainStoreSink& sink) { sink_ = &sink; }

  void drain(RequestToken token, std::vector<ports::DrainBatch> batches) override;

 private:
  void deliver(RequestToken token, ports::DrainResult result) override;

  PostgresDatabase& database_;
  ports::Executor& executor_;
  ports::DrainStoreSink* sink_ = nullptr;  // Constant after attach().
};

}  // namespace syncline::adapters
