#include "server/core/compactor.h"

#include "server/core/document_loader.h"
#include "tests/unit/core/worker_fixture.h"

namespace syncline::core {
namespace {

class CompactorTest : public WorkerFixture {
 protected:
  CompactorTest() {
    config_.history_retention = retention;
    config_.flush_interval = std::chrono::hours(1);
  }

  // Some typing that is in the log.
  void log(const std::string& name, int updates) {
    for (int i = 0; i < updates; ++i) {
      auto [at, is_new] = docs_.try_emplace(name, crdt::DocOptions{.client_id = 7});
      const Bytes before = at->second.encode_state_vector();
      ASSERT_TRUE(at->second.text("t").insert(0, "x").ok());
      const SharedBytes update(at->second.encode_state_as_update(before).value());
      store_.commit({.step = StoreStep::append,
                     .token = {},
                     .document = document(name),
                     .bytes = update,
                     .checksum = checksum(update.view())});
    }
  }

  // A snapshot of what the log's entries up to `holds` make, which says that it is at `sequence`.
  void snapshot(const std::string& name, std::uint64_t sequence, std::uint64_t holds) {
    crdt::Doc doc;
    for (std::uint64_t i = 0; i < holds; ++i) {
      ASSERT_TRUE(doc.apply_update(store_.log(document(name))[i].update.view()).ok());
    }
    const ports::Snapshot made = snapshot_of(doc, Sequence{sequence});
    store_.execute({.step = StoreStep::write_snapshot,
                    .token = {},
                    .document = document(name),
                    .bytes = made.state,
                    .checksum = made.checksum,
                    .sequence = made.sequence},
                   StoreFault::none);
  }
  void snapshot(const std::string& name, std::uint64_t sequence) {
    snapshot(name, sequence, sequence);
  }

  std::vector<std::uint64_t> snapshots(const std::string& name) const {
    std::vector<std::uint64_t> sequences;
    for (const auto& [sequence, kept] : store_.snapshots(document(name))) {
      sequences.push_back(sequence.value);
    }
    return sequences;
  }
  std::size_t forgotten(const std::string& name) const { return store_.forgotten(document(name)); }
  std::uint64_t failures() const {
    return worker_->metrics().count(ports::Counter::history_failures);
  }

  using Sequences = std::vector<std::uint64_t>;
  static constexpr Duration retention = seconds(100);
  // Twice the longest time between two sweeps.
  static constexpr Duration two_sweeps = seconds(40);
};

TEST_F(CompactorTest, KeepsEverythingWithoutARetention) {
  config_.history_retention = Duration::zero();
  log("a", 20);
  start();
  run_for(std::chrono::hours(1000));
  EXPECT_EQ(forgotten("a"), 0u);
  EXPECT_EQ(count("find-old-logs"), 0u);
}

TEST_F(CompactorTest, ForgetsWhatIsOldOnceTwoSnapshotsHoldIt) {
  log("a", 20);
  start();
  run_for(retention - seconds(1));
  EXPECT_EQ(forgotten("a"), 0u);
  EXPECT_EQ(snapshots("a"), Sequences{});
  run_for(two_sweeps);
  EXPECT_EQ(snapshots("a"), (Sequences{19, 20}));
  EXPECT_EQ(forgotten("a"), 19u);
  EXPECT_EQ(worker_->metrics().count(ports::Counter::history_updates_forgotten), 19u);
  EXPECT_GT(worker_->metrics().count(ports::Counter::history_bytes_forgotten), 19u);
  EXPECT_GT(worker_->metrics().count(ports::Counter::history_sweeps), 2u);
  EXPECT_EQ(failures(), 0u);
}

TEST_F(CompactorTest, DoesNothingMoreForWhatIsForgotten) {
  log("a", 20);
  start();
  run_for(retention + two_sweeps);
  const auto asked = count("read-snapshot") + count("write-snapshot") + count("forget");
  run_for(10 * retention);
  EXPECT_EQ(count("read-snapshot") + count("write-snapshot") + count("forget"), asked);
}

TEST_F(CompactorTest, ForgetsOfABusyLogWhatIsOldAndNoMore) {
  log("a", 20);
  start();
  run_for(retention);
  log("a", 10);
  run_for(two_sweeps);
  EXPECT_EQ(snapshots("a"), (Sequences{29, 30}));
  EXPECT_EQ(forgotten("a"), 20u);
}

TEST_F(CompactorTest, AFewOldEntriesOfABusyLogAreNotWorthSnapshots) {
  log("a", 4);
  start();
  for (int i = 0; i < 10; ++i) {
    run_for(retention);
    log("a", 1);
  }
  EXPECT_LE(count("write-snapshot"), 6u);
}

TEST_F(CompactorTest, AnEntryAloneStays) {
  log("a", 1);
  start();
  run_for(3 * retention);
  EXPECT_EQ(forgotten("a"), 0u);
  EXPECT_EQ(count("read-snapshot"), 0u);
}

TEST_F(CompactorTest, UsesTheSnapshotsThatThereAre) {
  log("a", 20);
  snapshot("a", 12);
  snapshot("a", 20);
  start();
  run_for(retention + two_sweeps);
  EXPECT_EQ(count("write-snapshot"), 0u);
  EXPECT_EQ(forgotten("a"), 12u);
}

TEST_F(CompactorTest, ADamagedSnapshotIsNotReliedOn) {
  log("a", 20);
  snapshot("a", 12);
  snapshot("a", 18);
  store_.damage_newest_snapshot(document("a"));
  start();
  run_for(retention + two_sweeps);
  EXPECT_EQ(snapshots("a"), (Sequences{19, 20}));
  EXPECT_EQ(forgotten("a"), 19u);
}

TEST_F(CompactorTest, WithOneIntactSnapshotAndNoRoomForAnotherAllIsKept) {
  log("a", 20);
  snapshot("a", 12);
  snapshot("a", 20);
  store_.damage_newest_snapshot(document("a"));
  start();
  run_for(3 * retention);
  EXPECT_EQ(forgotten("a"), 0u);
  log("a", 1);
  run_for(retention + two_sweeps);
  EXPECT_EQ(snapshots("a"), (Sequences{20, 21}));
  EXPECT_EQ(forgotten("a"), 0u) << "the one at 20 is damaged";
  log("a", 2);
  run_for(retention + two_sweeps);
  EXPECT_EQ(forgotten("a"), 22u);
}

TEST_F(CompactorTest, ASnapshotThatLacksAnEntryKeepsTheLog) {
  log("a", 20);
  snapshot("a", 15, 14);
  snapshot("a", 20);
  start();
  run_for(retention + two_sweeps);
  EXPECT_EQ(forgotten("a"), 0u);
  EXPECT_GT(failures(), 0u);
}

TEST_F(CompactorTest, ANewerSnapshotThatLacksSomethingOfTheOlderKeepsTheLog) {
  log("a", 20);
  snapshot("a", 15);
  snapshot("a", 20, 10);
  start();
  run_for(retention + two_sweeps);
  EXPECT_EQ(forgotten("a"), 0u);
  EXPECT_GT(failures(), 0u);
}

TEST_F(CompactorTest, ADamagedEntryStays) {
  log("a", 20);
  snapshot("a", 15);
  snapshot("a", 18);
  store_.damage_record(document("a"), Sequence{7});
  start();
  run_for(retention + two_sweeps);
  EXPECT_EQ(forgotten("a"), 0u);
  EXPECT_GT(failures(), 0u);
}

TEST_F(CompactorTest, ForgetsInSmallTransactions) {
  config_.history_batch_updates = 3;
  log("a", 20);
  std::uint64_t before = 0;
  fault_of = [&](const StoreRequest& request) {
    if (request.step != StoreStep::forget) return StoreFault::none;
    EXPECT_LE(request.sequence.value, before + 3);
    before = request.sequence.value;
    return StoreFault::none;
  };
  start();
  run_for(retention + two_sweeps);
  EXPECT_EQ(forgotten("a"), 19u);
  EXPECT_GE(count("forget"), 7u);
}

TEST_F(CompactorTest, GoesThroughAllDocuments) {
  config_.history_documents = 2;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) log(name, 10);
  start();
  run_for(retention + two_sweeps);
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) EXPECT_EQ(forgotten(name), 9u);
}

TEST_F(CompactorTest, WhateverFailsComesAgain) {
  for (const StoreStep failing :
       {StoreStep::find_old_logs, StoreStep::read_snapshot, StoreStep::read_log,
        StoreStep::write_snapshot, StoreStep::forget}) {
    for (const StoreFault fault : world::faults_of(failing)) {
      const std::string name = std::string(world::name(failing)) + std::string(world::name(fault));
      log(name, 10);
      int left = 3;
      fault_of = [&](const StoreRequest& request) {
        return request.step == failing && left-- > 0 ? fault : StoreFault::none;
      };
      start();
      run_for(retention + 4 * two_sweeps);
      EXPECT_EQ(forgotten(name), 9u) << name;
    }
  }
}

// Its snapshots are taken away by others, who wrote newer ones before it asked the store to forget.
TEST_F(CompactorTest, IsTooLateWhenItsSnapshotsAreGone) {
  log("a", 20);
  snapshot("a", 12);
  snapshot("a", 20);
  std::size_t too_late = 0;
  bool others = false;
  fault_of = [&](const StoreRequest& request) {
    if (request.step == StoreStep::forget && !std::exchange(others, true)) {
      log("a", 2);
      snapshot("a", 21);
      snapshot("a", 22);
    } else if (others && ++too_late == 1) {
      EXPECT_EQ(forgotten("a"), 0u);
    }
    return StoreFault::none;
  };
  start();
  run_for(retention + two_sweeps);
  EXPECT_TRUE(others);
  EXPECT_GT(too_late, 0u);
  EXPECT_EQ(forgotten("a"), 20u);
  EXPECT_EQ(snapshots("a"), (Sequences{21, 22}));
}

TEST_F(CompactorTest, EndsWhenItIsToldTo) {
  log("a", 20);
  start();
  run_for(retention - seconds(1));
  bool told = false;
  fault_of = [&](const StoreRequest& request) {
    if (request.step == StoreStep::write_snapshot && !std::exchange(told, true)) {
      worker_->worker().drain();
      EXPECT_FALSE(worker_->worker().drained());
    }
    return StoreFault::none;
  };
  run_for(two_sweeps);
  EXPECT_TRUE(told);
  EXPECT_TRUE(worker_->worker().drained());
  EXPECT_EQ(worker_->worker().next_deadline(), Instant::never());
  EXPECT_EQ(forgotten("a"), 0u);
}

}  // namespace
}  // namespace syncline::core
