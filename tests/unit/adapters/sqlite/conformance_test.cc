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

}  // namespace
}  // namespace syncline::conformance
