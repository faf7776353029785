#include "server/app/storage.h"

#include <utility>

#include "server/adapters/postgres/postgres_reader.h"
#include "server/adapters/postgres/postgres_store.h"
#include "server/adapters/sqlite/sqlite_database.h"
#include "server/adapters/sqlite/sqlite_reader.h"
#include "server/adapters/sqlite/sqlite_store.h"

namespace syncline::app {
namespace {

// SqliteStore or PostgresStore.
template <class Store, class Database>
class ShardStoreOf final : public ShardStore {
 public:
  ShardStoreOf(Database& database, ports::Executor& executor) : store_(database, executor) {}

  void attach(ports::UpdateStoreSink& updates, ports::SnapshotStoreSink& snapshots) override {
    store_.attach(updates, snapshots);
  }
  ports::UpdateStore& updates() override { return store_; }
  ports::SnapshotStore& snapshots() override { return store_; }
  void attach_history(ports::HistoryStoreSink& history) override { store_.attach_history(history); }
  ports::HistoryStore& history() override { return store_; }

 private:
  Store store_;
};

template <class Store, class Database>
class StorageOf : public Storage {
 public:
  StorageOf(std::unique_ptr<Database> database, std::unique_ptr<ports::StoreReader> reader)
      : database_(std::move(database)), reader_(std::move(reader)) {}

  std::unique_ptr<ShardStore> make_shard_store(ports::Executor& executor) override {
    return std::make_unique<ShardStoreOf<Store, Database>>(*database_, executor);
  }
  ports::StoreReader& reader() override { return *reader_; }
  Result<Sequence> append(const DocumentName& document, SharedBytes update,
                          std::uint64_t checksum) override {
    return database_->append(document, std::move(update), checksum);
  }
  void stop() override {
    reader_->end();
    database_->stop();
  }
  void stop_at_once() override {
    reader_->end();
    database_->stop_at_once();
  }

 protected:
  const std::unique_ptr<Database> database_;

 private:
  const std::unique_ptr<ports::StoreReader> reader_;
};

using SqliteStorage = StorageOf<adapters::SqliteStore, adapters::SqliteDatabase>;

class PostgresStorage final
    : public StorageOf<adapters::PostgresStore, adapters::PostgresDatabase> {
 public:
  using StorageOf::StorageOf;

  adapters::PostgresDatabase* postgres() override { return database_.get(); }
};

}  // namespace

Result<std::unique_ptr<Storage>> Storage::open(const StorageOptions& options, ports::Clock& clock,
                                               ports::Metrics& metrics, ports::Log& log) {
  if (options.postgres) {
    SYNCLINE_ASSIGN(auto database,
                    adapters::PostgresDatabase::open(*options.postgres, clock, metrics, log));
    SYNCLINE_ASSIGN(auto reader, open_store_reader(options, clock));
    return std::unique_ptr<Storage>(
        std::make_unique<PostgresStorage>(std::move(database), std::move(reader)));
  }
  SYNCLINE_ASSIGN(auto database,
                  adapters::SqliteDatabase::open({.folder = options.data}, clock, metrics, log));
  SYNCLINE_ASSIGN(auto reader, open_store_reader(options, clock));
  return std::unique_ptr<Storage>(
      std::make_unique<SqliteStorage>(std::move(database), std::move(reader)));
}

Result<std::unique_ptr<ports::StoreReader>> open_store_reader(const StorageOptions& options,
                                                              ports::Clock& clock) {
  if (options.postgres) {
    SYNCLINE_ASSIGN(auto reader, adapters::PostgresReader::open(*options.postgres, clock));
    return std::unique_ptr<ports::StoreReader>(std::move(reader));
  }
  SYNCLINE_ASSIGN(auto reader, adapters::SqliteReader::open(options.data));
  return std::unique_ptr<ports::StoreReader>(std::move(reader));
}

std::string describe_storage(const StorageOptions& options) {
  return options.postgres ? "documents in PostgreSQL at " + adapters::describe(*options.postgres)
                          : "documents in " + options.data;
}

}  // namespace syncline::app
