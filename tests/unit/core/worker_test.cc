// One worker or two before a store and a buffer that answer one request at a time, when told how.

#include "server/core/worker.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/core/checksum.h"
#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "tests/world/memory_buffer.h"
#include "tests/world/node.h"

namespace syncline::core {
namespace {

using world::StoreFault;
using world::StoreRequest;
using world::StoreStep;

DocumentName document(const std::string& name) { return DocumentName::parse(name).value(); }

class WorkerTest : public testing::Test, private world::Surroundings {
 protected:
  WorkerTest() : buffer_([](const auto&, const auto&, const auto&) {}) {
    config_.snapshot_updates_min = 5;
  }

  void start() {
    worker_ = std::make_unique<world::WorkerNode>(static_cast<world::Surroundings&>(*this), events_,
                                                  0, 1, config_);
    worker_->start();
  }

  // Some typing, as nodes append it.
  void append(const std::string& name, int updates) {
    for (int i = 0; i < updates; ++i) {
      auto [at, is_new] = docs_.try_emplace(name, crdt::DocOptions{.client_id = 7});
      const Bytes before = at->second.encode_state_vector();
      ASSERT_TRUE(at->second.text("t").insert(0, "x").ok());
      const SharedBytes update(at->second.encode_state_as_update(before).value());
      buffer_.append({.step = StoreStep::buffer_append,
                      .token = {},
                      .document = document(name),
                      .bytes = update,
                      .checksum = checksum(update.view())});
    }
  }

  // Answers everything until nothing is asked any more; `fault_of` says how.
  void answer_all() {
    while (!requests_.empty()) {
      const StoreRequest request = requests_.front();
      requests_.pop_front();
      const StoreFault fault = fault_of ? fault_of(request) : StoreFault::none;
      steps_.push_back(std::string(world::name(request.step)) +
                       (fault == StoreFault::none ? "" : "!"));
      const world::StoreAnswer answer = world::MemoryBuffer::is_buffer_step(request.step)
                                            ? buffer_.execute(request, fault, events_.now())
                                            : store_.execute(request, fault);
      world::deliver(worker_->worker(), request.token, answer);
    }
  }

  void run_for(Duration duration) {
    const Instant until = events_.now() + duration;
    while (worker_->worker().next_deadline() <= until) {
      events_.run_until(worker_->worker().next_deadline());
      worker_->worker().on_deadline();
      answer_all();
    }
    events_.run_until(until);
  }

  std::size_t count(const std::string& step) const {
    return static_cast<std::size_t>(std::ranges::count(steps_, step));
  }
  std::size_t logged(const std::string& name) const { return store_.log(document(name)).size(); }

  WorkerConfig config_;
  world::EventQueue events_;
  world::MemoryStore store_;
  world::MemoryBuffer buffer_;
  std::map<std::string, crdt::Doc> docs_;
  std::deque<StoreRequest> requests_;
  std::vector<std::string> steps_;
  std::function<StoreFault(const StoreRequest&)> fault_of;
  std::unique_ptr<world::WorkerNode> worker_;

 private:
  void on_store_request(std::size_t, StoreRequest request) override {
    requests_.push_back(std::move(request));
  }
  void on_send(std::size_t, ConnectionId, SharedBytes) override {}
  void on_set_reading(std::size_t, ConnectionId, bool) override {}
  void on_close(std::size_t, ConnectionId, std::uint16_t, std::string_view) override {}
  void on_subscription(std::size_t, const DocumentName&, bool) override {}
  void on_publish(std::size_t, world::Publication) override {}
  void on_reject(std::size_t, ports::Rejection) override {}
  void on_log(std::size_t, ports::LogLevel, std::string_view,
              std::initializer_list<ports::LogField>) override {}
};

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
