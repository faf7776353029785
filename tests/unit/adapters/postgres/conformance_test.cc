#include <array>

#include "tests/conformance/drain_conformance.h"
#include "tests/conformance/history_conformance.h"
#include "tests/conformance/store_conformance.h"
#include "tests/unit/adapters/postgres/postgres_fixture.h"

namespace syncline::conformance {
namespace {

using adapters::PostgresDatabase;
using adapters::PostgresDrainStore;
using adapters::PostgresStore;

class PostgresWorld final : public StoreWorld {
 public:
  PostgresWorld() { open(); }
  ~PostgresWorld() override { database_->stop(); }

  ports::UpdateStore& updates() override { return *store_; }
  ports::SnapshotStore& snapshots() override { return *store_; }
  void attach(ports::UpdateStoreSink& updates, ports::SnapshotStoreSink& snapshots) override {
    store_->attach(updates, snapshots);
  }
  void run_until_idle(const std::function<bool()>& idle) override { executor_.run_until(idle); }
  void reopen() override {
    database_->stop();
    executor_.run_ready();
    open();
  }

 private:
  void open() {
    store_.reset();
    database_ = ports_.open(url_).value();
    store_ = std::make_unique<PostgresStore>(*database_, executor_);
  }

  const std::string url_ = adapters::shared_postgres().create_database();
  adapters::PostgresPorts ports_;
  adapters::QueueExecutor executor_;
  std::unique_ptr<PostgresDatabase> database_;
  std::unique_ptr<PostgresStore> store_;
};

std::unique_ptr<StoreWorld> make_store_world() { return std::make_unique<PostgresWorld>(); }

INSTANTIATE_TEST_SUITE_P(Postgres, StoreConformance, testing::Values(make_store_world),
                         [](const auto&) { return "store"; });

// Each worker has connections of its own, as in a process of its own.
class PostgresDrainWorld final : public DrainWorld {
 public:
  PostgresDrainWorld() { open(); }
  ~PostgresDrainWorld() override { stop(); }

  ports::DrainStore& drains(std::size_t worker) override { return *drains_.at(worker); }
  ports::UpdateStore& updates() override { return *store_; }
  void attach(ports::DrainStoreSink& drains, ports::UpdateStoreSink& updates) override {
    for (const auto& drain : drains_) drain->attach(drains);
    store_->attach(updates, no_snapshots_);
  }
  void run_until(const std::function<bool()>& done) override { executor_.run_until(done); }
  void reopen() override {
    stop();
    executor_.run_ready();
    open();
  }

 private:
  struct NoSnapshots final : ports::SnapshotStoreSink {
    void on_snapshot_read(RequestToken, Result<std::optional<ports::Snapshot>>) override {}
    void on_snapshot_written(RequestToken, ports::SnapshotOutcome) override {}
  };

  void open() {
    store_.reset();
    for (std::size_t worker = 0; worker < workers; ++worker) {
      drains_[worker].reset();
      databases_[worker] = ports_.open(url_).value();
      drains_[worker] = std::make_unique<PostgresDrainStore>(*databases_[worker], executor_);
    }
    store_ = std::make_unique<PostgresStore>(*databases_[0], executor_);
  }
  void stop() {
    for (const auto& database : databases_) database->stop();
  }

  const std::string url_ = adapters::shared_postgres().create_database();
  adapters::PostgresPorts ports_;
  adapters::QueueExecutor executor_;
  NoSnapshots no_snapshots_;
  std::array<std::unique_ptr<PostgresDatabase>, workers> databases_;
  std::array<std::unique_ptr<PostgresDrainStore>, workers> drains_;
  std::unique_ptr<PostgresStore> store_;
};

std::unique_ptr<DrainWorld> make_drain_world() { return std::make_unique<PostgresDrainWorld>(); }

INSTANTIATE_TEST_SUITE_P(Postgres, DrainConformance, testing::Values(make_drain_world),
                         [](const auto&) { return "drains"; });

// A worker's store beside a node's, each with connections of its own.
class PostgresHistoryWorld final : public HistoryWorld {
 public:
  PostgresHistoryWorld() { open(); }
  ~PostgresHistoryWorld() override { stop(); }

  ports::HistoryStore& history() override { return *worker_; }
  ports::UpdateStore& updates() override { return *node_; }
  ports::SnapshotStore& snapshots() override { return *node_; }
  void attach(ports::HistoryStoreSink& history, ports::UpdateStoreSink& updates,
              ports::SnapshotStoreSink& snapshots) override {
    node_->attach(updates, snapshots);
    worker_->attach(updates, snapshots);
    worker_->attach_history(history);
  }
  void run_until(const std::function<bool()>& done) override { executor_.run_until(done); }
  void age(seconds by) override {
    adapters::shared_postgres().run_sql(
        "UPDATE syncline.updates SET written_s = written_s - " + std::to_string(by.count()),
        url_.substr(url_.rfind('/') + 1));
  }
  void reopen() override {
    stop();
    executor_.run_ready();
    open();
  }

 private:
  void open() {
    node_.reset();
    worker_.reset();
    node_database_ = ports_.open(url_).value();
    worker_database_ = ports_.open(url_).value();
    node_ = std::make_unique<PostgresStore>(*node_database_, executor_);
    worker_ = std::make_unique<PostgresStore>(*worker_database_, executor_);
  }
  void stop() {
    node_database_->stop();
    worker_database_->stop();
  }

  const std::string url_ = adapters::shared_postgres().create_database();
  adapters::PostgresPorts ports_;
  adapters::QueueExecutor executor_;
  std::unique_ptr<PostgresDatabase> node_database_;
  std::unique_ptr<PostgresDatabase> worker_database_;
  std::unique_ptr<PostgresStore> node_;
  std::unique_ptr<PostgresStore> worker_;
};

std::unique_ptr<HistoryWorld> make_history_world() {
  return std::make_unique<PostgresHistoryWorld>();
}

INSTANTIATE_TEST_SUITE_P(Postgres, HistoryConformance, testing::Values(make_history_world),
                         [](const auto&) { return "history"; });

}  // namespace
}  // namespace syncline::conformance
