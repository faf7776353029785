#include "tests/conformance/history_conformance.h"

#include "sim/fakes/embedded_history_store.h"
#include "sim/fakes/embedded_snapshot_store.h"
#include "sim/fakes/embedded_update_store.h"
#include "sim/services/embedded_store.h"
#include "tests/unit/sim/services/services_world.h"

namespace syncline::conformance {
namespace {

class PostgresHistoryWorld final : public HistoryWorld {
 public:
  PostgresHistoryWorld() { world_.postgres.date_entries(); }

  ports::HistoryStore& history() override { return node_->history; }
  ports::UpdateStore& updates() override { return node_->updates; }
  ports::SnapshotStore& snapshots() override { return node_->snapshots; }
  void attach(ports::HistoryStoreSink& history, ports::UpdateStoreSink& updates,
              ports::SnapshotStoreSink& snapshots) override {
    node_->history.attach(history);
    node_->updates.attach(updates);
    node_->snapshots.attach(snapshots);
  }
  void run_until(const std::function<bool()>& done) override { world_.run_until(done); }
  void age(seconds by) override { world_.run_for(by); }
  void reopen() override {
    node_.reset();
    world_.crash_postgres();
    world_.start_postgres();
    node_ = std::make_unique<sim::TestNode>(world_, 1);
  }

 private:
  sim::ServicesWorld world_;
  std::unique_ptr<sim::TestNode> node_ = std::make_unique<sim::TestNode>(world_, 1);
};

class EmbeddedHistoryWorld final : public HistoryWorld {
 public:
  EmbeddedHistoryWorld() {
    store_.date_entries();
    open();
  }

  ports::HistoryStore& history() override { return *history_; }
  ports::UpdateStore& updates() override { return *updates_; }
  ports::SnapshotStore& snapshots() override { return *snapshots_; }
  void attach(ports::HistoryStoreSink& history, ports::UpdateStoreSink& updates,
              ports::SnapshotStoreSink& snapshots) override {
    history_->attach(history);
    updates_->attach(updates);
    snapshots_->attach(snapshots);
  }
  void run_until(const std::function<bool()>& done) override { world_.run_until(done); }
  void age(seconds by) override { world_.run_for(by); }
  void reopen() override {
    process_->end();
    store_.crash();
    open();
  }

 private:
  void open() {
    process_ = std::make_unique<sim::TestProcess>(world_.scheduler);
    store_.start(*process_, {history::PartyKind::node, 1});
    history_ = std::make_unique<sim::EmbeddedHistoryStore>(store_, world_.numbers);
    updates_ = std::make_unique<sim::EmbeddedUpdateStore>(store_, world_.numbers);
    snapshots_ = std::make_unique<sim::EmbeddedSnapshotStore>(store_, world_.numbers);
  }

  sim::ServicesWorld world_;
  sim::EmbeddedStore store_{
      {history::PartyKind::store, 1}, world_.seed, world_.chronicle, world_.reports};
  std::unique_ptr<sim::TestProcess> process_;
  std::unique_ptr<sim::EmbeddedHistoryStore> history_;
  std::unique_ptr<sim::EmbeddedUpdateStore> updates_;
  std::unique_ptr<sim::EmbeddedSnapshotStore> snapshots_;
};

std::unique_ptr<HistoryWorld> make_postgres_world() {
  return std::make_unique<PostgresHistoryWorld>();
}

std::unique_ptr<HistoryWorld> make_embedded_world() {
  return std::make_unique<EmbeddedHistoryWorld>();
}

INSTANTIATE_TEST_SUITE_P(SimulatedPostgres, HistoryConformance,
                         testing::Values(make_postgres_world));
INSTANTIATE_TEST_SUITE_P(SimulatedEmbedded, HistoryConformance,
                         testing::Values(make_embedded_world));

}  // namespace
}  // namespace syncline::conformance
