#include "sim/services/postgres.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/conformance/store_recorder.h"
#include "tests/unit/sim/services/services_world.h"

namespace syncline::sim {
namespace {

using conformance::document;
using faults::FaultKind;
using ports::Outcome;

// A node and what it was answered.
struct Writer {
  Writer(ServicesWorld& services, std::uint32_t number)
      : world(services), node(services, number), drained(*this) {
    node.updates.attach(answers);
    node.snapshots.attach(answers);
  }

  RequestToken append(const std::string& name, const std::string& text) {
    const RequestToken token = answers.request();
    node.updates.append(token, document(name), bytes_of(text), 0);
    return token;
  }
  RequestToken write_snapshot(std::uint64_t sequence, const std::string& state) {
    const RequestToken token = answers.request();
    node.snapshots.write_snapshot(token, document("a"), {Sequence{sequence}, 0, bytes_of(state)});
    return token;
  }
  bool wait(Duration at_most = seconds(60)) {
    return world.run_until([this] { return answers.waiting.empty(); }, at_most);
  }
  Outcome outcome(RequestToken token) const { return answers.appends.at(token).outcome; }

  struct Drained final : ports::DrainStoreSink {
    explicit Drained(Writer& writer) { writer.node.drains.attach(*this); }
    void on_drain_done(RequestToken, ports::DrainResult result) override {
      results.push_back(std::move(result));
    }
    std::vector<ports::DrainResult> results;
  };

  ServicesWorld& world;
  conformance::StoreRecorder answers;
  TestNode node;
  Drained drained;
};

const std::vector<ports::LogRecord>& log_of(const ServicesWorld& world) {
  return world.postgres.tables().log(DocumentNumber{0});
}

TEST(Postgres, commits_in_one_transaction_what_arrived_during_the_one_before) {
  ServicesWorld world;
  Writer writer(world, 1);
  for (int i = 0; i < 100; ++i) writer.append("d" + std::to_string(i % 5), "x");
  ASSERT_TRUE(writer.wait());
  EXPECT_EQ(world.postgres.write_transactions(), 2u);
}

TEST(Postgres, numbers_without_gaps_what_many_nodes_append_to_one_document) {
  ServicesWorld world;
  std::vector<std::unique_ptr<Writer>> writers;
  for (std::uint32_t i = 1; i <= 4; ++i) writers.push_back(std::make_unique<Writer>(world, i));
  for (int round = 0; round < 50; ++round) {
    for (const auto& writer : writers) writer->append("a", std::to_string(round));
    world.run_for(microseconds(700));
  }
  std::set<Sequence> sequences;
  for (const auto& writer : writers) {
    ASSERT_TRUE(writer->wait());
    for (const auto& [token, result] : writer->answers.appends) {
      EXPECT_EQ(result.outcome, Outcome::committed);
      sequences.insert(result.sequence);
    }
  }
  EXPECT_EQ(sequences.size(), 200u);
  EXPECT_EQ(*sequences.rbegin(), Sequence{200});
}

TEST(Postgres, cannot_say_of_a_lost_answer_what_became_of_the_write) {
  int lost = 0;
  int committed_before = 0;
  int committed_later = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    ServicesWorld world(seed);
    Writer writer(world, 1);
    world.postgres.lose_answers_every(1);
    const RequestToken token = writer.append("a", "x");
    ASSERT_TRUE(writer.wait());
    EXPECT_EQ(writer.outcome(token), Outcome::unknown);
    const bool there = !log_of(world).empty();
    world.run_for(seconds(10));
    committed_before += there ? 1 : 0;
    committed_later += !there && !log_of(world).empty() ? 1 : 0;
    lost += log_of(world).empty() ? 1 : 0;
    EXPECT_EQ(world.reports.observed[FaultKind::lost_answers], 1);
  }
  EXPECT_GT(lost, 5);
  EXPECT_GT(committed_before, 5);
  EXPECT_GT(committed_later, 5);
}

TEST(Postgres, keeps_what_was_committed_when_it_crashes) {
  int landed = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    ServicesWorld world(seed);
    Writer writer(world, 1);
    const RequestToken safe = writer.append("a", "safe");
    ASSERT_TRUE(writer.wait());
    ASSERT_EQ(writer.outcome(safe), Outcome::committed);
    world.reports.probes.clear();
    const RequestToken torn = writer.append("a", "torn");
    ASSERT_TRUE(world.run_until([&] { return world.reports.probes.contains("commit-starts"); }));
    world.crash_postgres();
    ASSERT_GE(log_of(world).size(), 1u);
    EXPECT_EQ(as_text(log_of(world)[0].update.view()), "safe");
    landed += log_of(world).size() == 2 ? 1 : 0;
    world.start_postgres();
    ASSERT_TRUE(writer.wait());
    EXPECT_EQ(writer.outcome(torn), Outcome::unknown);
    // Locks died with their transaction.
    const RequestToken after = writer.append("a", "after");
    ASSERT_TRUE(writer.wait());
    EXPECT_EQ(writer.outcome(after), Outcome::committed);
    EXPECT_EQ(writer.answers.appends.at(after).sequence, Sequence{log_of(world).size()});
  }
  EXPECT_GT(landed, 5);
  EXPECT_LT(landed, 55);
}

TEST(Postgres, tries_again_what_fails_to_serialize) {
  ServicesWorld world;
  Writer writer(world, 1);
  world.postgres.serialization_every(2);
  for (int i = 0; i < 10; ++i) {
    const RequestToken token = writer.append("a", "x");
    ASSERT_TRUE(writer.wait());
    EXPECT_EQ(writer.outcome(token), Outcome::committed);
  }
  EXPECT_EQ(log_of(world).size(), 10u);
  EXPECT_GE(world.reports.observed[FaultKind::serialization], 5);
  world.postgres.serialization_every(1);
  const RequestToken token = writer.append("a", "never");
  ASSERT_TRUE(writer.wait());
  EXPECT_EQ(writer.outcome(token), Outcome::refused);
}

TEST(Postgres, refuses_writes_while_the_disk_is_full) {
  ServicesWorld world;
  Writer writer(world, 1);
  world.postgres.set_disk_full(true);
  const RequestToken append = writer.append("a", "x");
  const RequestToken snapshot = writer.write_snapshot(1, "s");
  ASSERT_TRUE(writer.wait());
  EXPECT_EQ(writer.outcome(append), Outcome::refused);
  EXPECT_EQ(writer.answers.appends.at(append).error, ErrorCode::storage_full);
  EXPECT_EQ(writer.answers.written.at(snapshot), ports::SnapshotOutcome::failed);
  EXPECT_EQ(world.reports.observed[FaultKind::disk_full], 2);
  world.postgres.set_disk_full(false);
  const RequestToken again = writer.append("a", "x");
  ASSERT_TRUE(writer.wait());
  EXPECT_EQ(writer.outcome(again), Outcome::committed);
}

TEST(Postgres, stores_torn_snapshots_damaged_and_keeps_the_one_before) {
  ServicesWorld world;
  Writer writer(world, 1);
  world.postgres.tear_snapshots_every(2);
  writer.write_snapshot(1, "one");
  ASSERT_TRUE(writer.wait());
  writer.write_snapshot(2, "two");
  ASSERT_TRUE(writer.wait());
  const auto& tables = world.postgres.tables();
  EXPECT_NE(as_text(tables.read_snapshot(DocumentNumber{0}, Sequence{9})->state.view()), "two");
  EXPECT_EQ(as_text(tables.read_snapshot(DocumentNumber{0}, Sequence{2})->state.view()), "one");
  EXPECT_EQ(world.reports.observed[FaultKind::torn_snapshot], 1);
}

TEST(Postgres, lets_wait_for_a_connection_and_refuses_in_the_end) {
  ServicesWorld world;
  Writer writer(world, 1);
  world.postgres.exhaust_pool(true);
  const RequestToken waits = writer.append("a", "x");
  world.run_for(seconds(1));
  EXPECT_FALSE(writer.answers.waiting.empty());
  world.postgres.exhaust_pool(false);
  ASSERT_TRUE(writer.wait());
  EXPECT_EQ(writer.outcome(waits), Outcome::committed);
  world.postgres.exhaust_pool(true);
  const RequestToken refused = writer.append("a", "y");
  ASSERT_TRUE(writer.wait(seconds(3)));
  EXPECT_EQ(writer.outcome(refused), Outcome::refused);
  world.postgres.exhaust_pool(false);
  world.run_for(seconds(10));
  EXPECT_EQ(log_of(world).size(), 1u);
}

TEST(Postgres, is_slow_on_a_slow_disk) {
  ServicesWorld world;
  Writer writer(world, 1);
  world.postgres.slow(milliseconds(500));
  writer.append("a", "x");
  EXPECT_FALSE(writer.wait(milliseconds(500)));
  EXPECT_TRUE(writer.wait(milliseconds(500)));
  EXPECT_GE(world.reports.observed[FaultKind::slow_disk], 1);
}

TEST(PostgresPool, refuses_what_could_not_be_sent) {
  ServicesWorld world;
  Writer writer(world, 1);
  world.crash_postgres();
  const RequestToken append = writer.append("a", "x");
  const RequestToken read = writer.answers.request();
  writer.node.updates.read_log(read, document("a"), {}, 100);
  ASSERT_TRUE(writer.wait(seconds(3)));
  EXPECT_EQ(writer.outcome(append), Outcome::refused);
  EXPECT_EQ(writer.answers.pages.at(read).error().code, ErrorCode::unavailable);
  world.start_postgres();
  world.run_for(seconds(10));
  EXPECT_TRUE(log_of(world).empty());
}

TEST(PostgresPool, does_not_know_what_became_of_what_it_sent_into_silence) {
  ServicesWorld world;
  Writer writer(world, 1);
  writer.append("a", "connects");
  ASSERT_TRUE(writer.wait());
  world.network.begin_fault({.id = 1,
                             .kind = WireFault::Kind::partition,
                             .from = {writer.node.party},
                             .to = {postgres_party}});
  const RequestToken append = writer.append("a", "x");
  ASSERT_TRUE(writer.wait(seconds(7)));
  EXPECT_EQ(writer.outcome(append), Outcome::unknown);
  EXPECT_EQ(log_of(world).size(), 1u);
  world.network.end_fault(1);
  const RequestToken again = writer.append("a", "x");
  ASSERT_TRUE(writer.wait());
  EXPECT_NE(writer.outcome(again), Outcome::unknown);
}

TEST(PostgresPool, finds_its_way_back_after_a_restart) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    ServicesWorld world(seed);
    Writer writer(world, 1);
    for (int i = 0; i < 3; ++i) writer.append("a", "x");
    ASSERT_TRUE(writer.wait());
    world.crash_postgres();
    world.run_for(seconds(3));
    world.start_postgres();
    // It may take a connection for alive that is not, once for each that it has.
    Outcome outcome = Outcome::unknown;
    for (int i = 0; i < 4 && outcome != Outcome::committed; ++i) {
      const RequestToken token = writer.append("a", "back");
      ASSERT_TRUE(writer.wait());
      outcome = writer.outcome(token);
    }
    EXPECT_EQ(outcome, Outcome::committed);
  }
}

TEST(Postgres, repeats_to_the_bit) {
  TraceHash first;
  for (int run = 0; run < 2; ++run) {
    ServicesWorld world(42);
    world.postgres.lose_answers_every(3);
    world.postgres.serialization_every(4);
    Writer one(world, 1);
    Writer two(world, 2);
    for (int i = 0; i < 40; ++i) {
      one.append("a", std::to_string(i));
      two.append(i % 2 == 0 ? "a" : "b", std::to_string(i));
      world.run_for(milliseconds(3));
    }
    one.wait();
    two.wait();
    if (run == 0) first = world.scheduler.trace().hash();
    EXPECT_EQ(world.scheduler.trace().hash(), first);
  }
}

TEST(Postgres, reports_the_moments_that_faults_wait_for) {
  ServicesWorld world;
  Writer writer(world, 1);
  writer.append("a", "x");
  writer.write_snapshot(1, "s");
  writer.node.updates.read_log(writer.answers.request(), document("a"), {}, 100);
  writer.node.snapshots.read_snapshot(writer.answers.request(), document("a"), Sequence{9});
  writer.node.drains.drain(RequestToken{1}, {{document("a"), {{{1, 1}, 0, bytes_of("d")}}}});
  ASSERT_TRUE(writer.wait());
  ASSERT_TRUE(world.run_until([&] { return !writer.drained.results.empty(); }));
  for (const char* probe :
       {"append-arrives", "commit-starts", "commit-done", "log-read", "snapshot-read",
        "snapshot-write-starts", "drain-starts", "drain-commit"}) {
    EXPECT_GE(world.reports.probes[probe], 1) << probe;
  }
}

}  // namespace
}  // namespace syncline::sim
