#pragma once

#include <memory>
#include <optional>
#include <string>

#include "server/adapters/postgres/postgres_database.h"
#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/ports/clock.h"
#include "server/ports/executor.h"
#include "server/ports/history_store.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/store_reader.h"
#include "server/ports/update_store.h"

namespace syncline::app {

struct StorageOptions {
  std::string data;  // A folder with SQLite's files; used if there is no `postgres`.
  std::optional<adapters::PostgresOptions> postgres;
};

// One shard's or worker's way to the store. Its calls are made on the shard's thread, and the
// answers come there through the shard's executor.
class ShardStore {
 public:
  virtual ~ShardStore() = default;

  // Where the answers go. REQUIRES: called before the first request.
  virtual void attach(ports::UpdateStoreSink& updates, ports::SnapshotStoreSink& snapshots) = 0;
  virtual ports::UpdateStore& updates() = 0;
  virtual ports::SnapshotStore& snapshots() = 0;

  // For a worker: the same for history.
  virtual void attach_history(ports::HistoryStoreSink& history) = 0;
  virtual ports::HistoryStore& history() = 0;
};

// Where a process keeps logs and snapshots: in a folder of its own (SQLite), or in PostgreSQL with
// others.
class Storage {
 public:
  // Errors as of SqliteDatabase::open() and PostgresDatabase::open(); the detail is a line for the
  // operator. The ports must outlive the storage.
  static Result<std::unique_ptr<Storage>> open(const StorageOptions& options, ports::Clock& clock,
                                               ports::Metrics& metrics, ports::Log& log);
  virtual ~Storage() = default;

  // The store for one shard; must live until stop() has returned, and the executor runs no more
  // tasks.
  virtual std::unique_ptr<ShardStore> make_shard_store(ports::Executor& executor) = 0;
  virtual ports::StoreReader& reader() = 0;
  // Null for SQLite.
  virtual adapters::PostgresDatabase* postgres() { return nullptr; }

  // Blocking, for commands: as SqliteDatabase::append().
  virtual Result<Sequence> append(const DocumentName& document, SharedBytes update,
                                  std::uint64_t checksum) = 0;

  // What was asked before is finished and answered; what comes later is refused.
  virtual void stop() = 0;
  // As soon as possible: what waits for a commit is refused.
  virtual void stop_at_once() = 0;
};

// For reading alone: takes no lock and starts no thread that writes. `clock` must outlive it.
Result<std::unique_ptr<ports::StoreReader>> open_store_reader(const StorageOptions& options,
                                                              ports::Clock& clock);

// For people: "documents in ./syncline-data", "documents in PostgreSQL at db:5432/syncline".
std::string describe_storage(const StorageOptions& options);

}  // namespace syncline::app
