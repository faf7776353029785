#include "tests/unit/core/worker_fixture.h"

namespace syncline::core {
namespace {

using WorkerTest = WorkerFixture;

TEST_F(WorkerTest, DrainsManyDocumentsInOneTransactionThenTrims) {
  for (const char* name : {"a", "b", "c"}) append(name, 2);
  start();
  run_for(milliseconds(500));
  EXPECT_EQ(steps_,
            (std::vector<std::string>{"buffer-claim", "buffer-read", "buffer-read", "buffer-read",
                                      "drain", "buffer-trim", "buffer-trim", "buffer-trim"}));
  EXPECT_EQ(logged("b"), 2u);
  EXPECT_TRUE(buffer_.is_clean());
}

TEST_F(WorkerTest, LooksOnceAFlushIntervalWhenThereIsLittle) {
  append("a", 1);
  start();
  for (int i = 0; i < 100; ++i) {
    run_for(milliseconds(100));
    append("a", 1);
  }
  EXPECT_LE(count("drain"), 11u);
  EXPECT_GE(logged("a"), 90u);
}

TEST_F(WorkerTest, GoesOnAtOnceWhileThereIsMoreThanOneTransactionTakes) {
  config_.drain_bytes_max = 200;
  config_.page_bytes = 50;
  for (const char* name : {"a", "b", "c", "d", "e"}) append(name, 40);
  start();
  run_for(milliseconds(500));
  EXPECT_GE(count("drain"), 5u);
  for (const char* name : {"a", "b", "c", "d", "e"}) EXPECT_EQ(logged(name), 40u);
  EXPECT_TRUE(buffer_.is_clean());
}

TEST_F(WorkerTest, AnUnknownOutcomeIsDrainedAgainAndNothingIsThereTwice) {
  append("a", 3);
  int drains = 0;
  fault_of = [&](const StoreRequest& request) {
    if (request.step != StoreStep::drain) return StoreFault::none;
    return ++drains == 1 ? StoreFault::unknown_committed : StoreFault::none;
  };
  start();
  run_for(milliseconds(50));
  EXPECT_EQ(count("buffer-trim"), 0u);
  EXPECT_FALSE(buffer_.is_clean());
  run_for(seconds(1));
  EXPECT_EQ(logged("a"), 3u);
  EXPECT_TRUE(buffer_.is_clean());
}

TEST_F(WorkerTest, WhateverFailsIsTriedAgainUntilAllIsInTheLog) {
  for (const StoreStep failing : {StoreStep::buffer_claim, StoreStep::buffer_read, StoreStep::drain,
                                  StoreStep::buffer_trim}) {
    for (const StoreFault fault : world::faults_of(failing)) {
      if (fault == StoreFault::unknown_late) continue;  // For the world's random runs.
      const std::string name = std::string(world::name(failing)) + std::string(world::name(fault));
      append(name, 4);
      int left = 3;
      fault_of = [&](const StoreRequest& request) {
        return request.step == failing && left-- > 0 ? fault : StoreFault::none;
      };
      start();
      run_for(seconds(60));  // A damaged entry is read again when the claim has run out.
      EXPECT_EQ(logged(name), 4u) << name;
      EXPECT_TRUE(buffer_.is_clean()) << name;
    }
  }
}

// Part of the buffer is away, with what this worker has claimed of it.
TEST_F(WorkerTest, DocumentsThatCannotBeReadDoNotSlowTheOthers) {
  append("away", 1);
  append("a", 1);
  fault_of = [](const StoreRequest& request) {
    const bool away =
        request.step == StoreStep::buffer_read && request.document == document("away");
    return away ? StoreFault::error : StoreFault::none;
  };
  start();
  for (int i = 0; i < 300; ++i) {
    run_for(milliseconds(100));
    append("a", 1);
  }
  EXPECT_GE(logged("a"), 285u);
  EXPECT_GE(worker_->metrics().count(ports::Counter::drain_failures), 25u);
  EXPECT_GE(worker_->metrics().level(ports::Gauge::worker_lag_seconds), 25);
  fault_of = nullptr;
  run_for(seconds(2));
  EXPECT_EQ(logged("away"), 1u);
  EXPECT_EQ(worker_->metrics().level(ports::Gauge::worker_lag_seconds), 0);
}

TEST_F(WorkerTest, ADocumentThatTheLogRefusesDoesNotKeepOutTheOthers) {
  for (const char* name : {"a", "bad", "c", "d"}) append(name, 1);
  fault_of = [](const StoreRequest& request) {
    for (const ports::DrainBatch& batch : request.batches) {
      if (batch.document == document("bad")) return StoreFault::refused;
    }
    return StoreFault::none;
  };
  start();
  run_for(seconds(30));
  for (const char* name : {"a", "c", "d"}) EXPECT_EQ(logged(name), 1u);
  EXPECT_EQ(logged("bad"), 0u);
  append("a", 1);
  run_for(seconds(30));
  EXPECT_EQ(logged("a"), 2u);
}

// The log takes so much in the time that it has, and not more: the same again would never end.
TEST_F(WorkerTest, ATransactionThatTakesTooLongIsFollowedBySmallerOnes) {
  config_.page_bytes = 4096;
  for (int i = 0; i < 8; ++i) append("document" + std::to_string(i), 2400);
  std::size_t most = 0;
  fault_of = [&](const StoreRequest& request) {
    if (request.step != StoreStep::drain) return StoreFault::none;
    std::size_t bytes = 0;
    for (const ports::DrainBatch& batch : request.batches) {
      for (const ports::BufferRecord& record : batch.records) bytes += record.update.size();
    }
    most = std::max(most, bytes);
    return bytes > 70'000 ? StoreFault::unknown_lost : StoreFault::none;
  };
  start();
  run_for(seconds(120));
  EXPECT_GT(most, 100'000u);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(logged("document" + std::to_string(i)), 2400u);
  EXPECT_TRUE(buffer_.is_clean());
}

TEST_F(WorkerTest, DropsWhatItReadBeforeTheBufferForgotIt) {
  config_.page_bytes = 30;
  append("a", 4);
  buffer_.sync();
  append("a", 2);
  start();
  bool crashed = false;
  fault_of = [&](const StoreRequest& request) {
    if (request.step == StoreStep::buffer_read && request.position.offset >= 5 && !crashed) {
      crashed = true;
      buffer_.crash();
    }
    return StoreFault::none;
  };
  run_for(seconds(5));
  EXPECT_TRUE(crashed);
  EXPECT_EQ(logged("a"), 4u);
  EXPECT_TRUE(buffer_.is_clean());
}

TEST_F(WorkerTest, TakesOverFromOneThatDied) {
  append("a", 3);
  start();
  worker_->worker().on_deadline();
  const StoreRequest claim = requests_.front();
  requests_.clear();
  buffer_.execute(claim, StoreFault::none, events_.now());  // Its answer finds nobody.
  worker_->crash();
  start();
  run_for(config_.claim_lease / 2);
  EXPECT_EQ(logged("a"), 0u);
  run_for(config_.claim_lease);
  EXPECT_EQ(logged("a"), 3u);
}

TEST_F(WorkerTest, WritesASnapshotOfTheLogAfterSomeActivity) {
  append("a", 10);
  start();
  run_for(seconds(20));
  EXPECT_EQ(count("write-snapshot"), 0u);
  append("a", 3);
  run_for(seconds(12));
  ASSERT_EQ(store_.snapshots(document("a")).size(), 1u);
  const ports::Snapshot& snapshot = store_.snapshots(document("a")).begin()->second;
  EXPECT_EQ(snapshot.sequence, Sequence{13});
  EXPECT_EQ(snapshot.checksum, checksum(snapshot.state.view()));
  crdt::Doc doc;
  ASSERT_TRUE(doc.apply_update(snapshot.state.view()).ok());
  EXPECT_EQ(doc.text_of("t"), std::string(13, 'x'));
}

TEST_F(WorkerTest, WritesNoSnapshotForFewUpdates) {
  append("a", 10);
  start();
  run_for(seconds(32));
  EXPECT_EQ(count("write-snapshot"), 1u);
  append("a", 4);
  run_for(seconds(100));
  EXPECT_EQ(count("write-snapshot"), 1u);
  append("a", 1);
  run_for(seconds(100));
  EXPECT_EQ(count("write-snapshot"), 2u);
  EXPECT_EQ(store_.snapshots(document("a")).rbegin()->first, Sequence{15});
}

TEST_F(WorkerTest, ASnapshotThatFailedIsWrittenLater) {
  append("a", 10);
  int left = 2;
  fault_of = [&](const StoreRequest& request) {
    const bool fails = request.step == StoreStep::write_snapshot && left-- > 0;
    return fails ? StoreFault::error : StoreFault::none;
  };
  start();
  run_for(seconds(100));
  EXPECT_EQ(count("write-snapshot!"), 2u);
  EXPECT_EQ(store_.snapshots(document("a")).size(), 1u);
}

TEST_F(WorkerTest, RemembersNoMoreDocumentsThanItMay) {
  config_.active_documents_max = 3;
  for (int i = 0; i < 20; ++i) append("document" + std::to_string(i), 6);
  start();
  run_for(seconds(60));
  EXPECT_TRUE(buffer_.is_clean());
  EXPECT_EQ(count("write-snapshot"), 3u);
}

TEST_F(WorkerTest, FinishesItsTransactionWhenItEnds) {
  append("a", 3);
  start();
  worker_->worker().on_deadline();
  worker_->worker().drain();
  EXPECT_FALSE(worker_->worker().drained());
  answer_all();
  EXPECT_TRUE(worker_->worker().drained());
  EXPECT_EQ(worker_->worker().next_deadline(), Instant::never());
  start();
  worker_->worker().on_deadline();
  while (count("buffer-read") == 0 || requests_.front().step != StoreStep::drain) {
    ASSERT_FALSE(requests_.empty());
    const StoreRequest request = requests_.front();
    requests_.pop_front();
    steps_.emplace_back(world::name(request.step));
    world::deliver(worker_->worker(), request.token,
                   buffer_.execute(request, StoreFault::none, events_.now() + seconds(20)));
  }
  worker_->worker().drain();
  answer_all();
  EXPECT_TRUE(worker_->worker().drained());
  EXPECT_TRUE(buffer_.is_clean());
}

}  // namespace
}  // namespace syncline::core
