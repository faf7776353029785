#pragma once

#include "server/adapters/sqlite/sqlite_database.h"
#include "server/adapters/store/threaded_store.h"

namespace syncline::adapters {

// The logs and snapshots of one shard in the database of its node.
class SqliteStore final : public store::ThreadedStore {
 public:
  SqliteStore(SqliteDatabase& database, ports::Executor& executor)
      : ThreadedStore(database, executor) {}
};

}  // namespace syncline::adapters
