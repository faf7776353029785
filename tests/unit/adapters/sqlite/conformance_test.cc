#include <sqlite3.h>

#include "tests/conformance/history_conformance.h"
#include "tests/conformance/store_conformance.h"
#include "tests/unit/adapters/sqlite/sqlite_fixture.h"

namespace syncline::conformance {
namespace {

class SqliteWorld final : public StoreWorld {
 public:
  SqliteWorld() { open(); }
  ~SqliteWorld() override { database_->stop(); }

  ports::UpdateStore& updates() override { return *store_; }
  ports::SnapshotStore& snapshots() override { return *store_; }
  void attach(ports::UpdateStoreSink& updates, ports::SnapshotStoreSink& snapshots) override {
    store_->attach(updates, snapshots);
  }
  void run_until_idle(const std::function<bool()>& idle) override { executor_.run_until(idle); }
  void reopen() override {
    database_->stop();
    executor_.run_ready();
    store_.reset();
    database_.reset();
    open();
  }

 private:
  void open() {
    database_ = ports_.open(folder_.path()).value();
    store_ = std::make_unique<adapters::SqliteStore>(*database_, executor_);
  }

  adapters::TemporaryFolder folder_;
  adapters::SqlitePorts ports_;
  adapters::QueueExecutor executor_;
  std::unique_ptr<adapters::SqliteDatabase> database_;
  std::unique_ptr<adapters::SqliteStore> store_;
};

std::unique_ptr<StoreWorld> make_sqlite_world() { return std::make_unique<SqliteWorld>(); }

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, testing::Values(make_sqlite_world),
                         [](const auto&) { return "store"; });

class SqliteHistoryWorld final : public HistoryWorld {
 public:
  SqliteHistoryWorld() { open(); }
  ~SqliteHistoryWorld() override { database_->stop(); }

  ports::HistoryStore& history() override { return *store_; }
  ports::UpdateStore& updates() override { return *store_; }
  ports::SnapshotStore& snapshots() override { return *store_; }
  void attach(ports::HistoryStoreSink& history, ports::UpdateStoreSink& updates,
              ports::SnapshotStoreSink& snapshots) override {
    store_->attach(updates, snapshots);
    store_->attach_history(history);
  }
  void run_until(const std::function<bool()>& done) override { executor_.run_until(done); }
  void age(seconds by) override {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open((folder_.path() / "syncline.db").c_str(), &connection), SQLITE_OK);
    sqlite3_busy_timeout(connection, 10'000);
    const std::string sql =
        "UPDATE updates SET written_s = written_s - " + std::to_string(by.count());
    EXPECT_EQ(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(connection);
  }
  void reopen() override {
    database_->stop();
    executor_.run_ready();
    store_.reset();
    database_.reset();
    open();
  }

 private:
  void open() {
    database_ = ports_.open(folder_.path()).value();
    store_ = std::make_unique<adapters::SqliteStore>(*database_, executor_);
  }

  adapters::TemporaryFolder folder_;
  adapters::SqlitePorts ports_;
  adapters::QueueExecutor executor_;
  std::unique_ptr<adapters::SqliteDatabase> database_;
  std::unique_ptr<adapters::SqliteStore> store_;
};

std::unique_ptr<HistoryWorld> make_history_world() {
  return std::make_unique<SqliteHistoryWorld>();
}

INSTANTIATE_TEST_SUITE_P(Sqlite, HistoryConformance, testing::Values(make_history_world),
                         [](const auto&) { return "history"; });

}  // namespace
}  // namespace syncline::conformance
