#pragma once

#include "server/adapters/postgres/postgres_database.h"
#include "server/adapters/store/threaded_store.h"

namespace syncline::adapters {

// The logs and snapshots of one shard or worker in PostgreSQL.
class PostgresStore final : public store::ThreadedStore {
 public:
  PostgresStore(PostgresDatabase& database, ports::Executor& executor)
      : ThreadedStore(database, executor) {}
};

}  // namespace syncline::adapters
