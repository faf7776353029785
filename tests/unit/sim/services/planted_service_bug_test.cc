#include "sim/services/planted_service_bug.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/checkers/all.h"
#include "tests/conformance/broker_recorder.h"
#include "tests/conformance/store_recorder.h"
#include "tests/unit/sim/services/services_world.h"

// Each planted bug does the harm that it is there for.

namespace syncline::sim {
namespace {

using conformance::document;

class Planted {
 public:
  explicit Planted(ServiceBug bug) { plant(bug); }
  ~Planted() { plant(ServiceBug::none); }

  Planted(const Planted&) = delete;
  Planted& operator=(const Planted&) = delete;
};

// A node, and all answers it gets, thrown away but for those that tests look at.
struct Peer final : ports::DrainStoreSink, ports::WriteBufferSink {
  Peer(ServicesWorld& services, std::uint32_t number) : world(services), node(services, number) {
    node.updates.attach(answers);
    node.snapshots.attach(answers);
    node.drains.attach(*this);
    node.buffer.attach(*this);
    node.broker.attach(heard);
  }

  void on_drain_done(RequestToken, ports::DrainResult) override { ++done; }
  void on_buffer_append_done(RequestToken, ports::BufferAppendResult result) override {
    position = result.position;
    ++done;
  }
  void on_buffer_page(RequestToken, Result<ports::BufferPage>) override { ++done; }
  void on_buffer_heads(RequestToken, Result<ports::BufferHeads>) override { ++done; }
  void on_buffer_claimed(RequestToken, Result<std::vector<DocumentName>>) override { ++done; }
  void on_buffer_trimmed(RequestToken, Result<ports::BufferHead> answer) override {
    head = answer.value();
    ++done;
  }

  void append(const std::string& text) {
    node.updates.append(answers.request(), document("a"), bytes_of(text), 0);
  }
  void write_snapshot(std::uint64_t sequence) {
    node.snapshots.write_snapshot(answers.request(), document("a"),
                                  {Sequence{sequence}, 0, bytes_of("s")});
    wait();
  }
  void drain(std::uint64_t lineage, std::uint64_t offset) {
    node.drains.drain(RequestToken{0}, {{document("a"), {{{lineage, offset}, 0, bytes_of("d")}}}});
    wait_for(1);
  }
  ports::BufferPosition buffer(const std::string& text) {
    node.buffer.append(RequestToken{0}, document("a"), bytes_of(text), 0, position.lineage);
    wait_for(1);
    return position;
  }
  void trim(ports::BufferPosition through) {
    node.buffer.trim(RequestToken{0}, document("a"), through);
    wait_for(1);
  }
  void wait() {
    EXPECT_TRUE(world.run_until([this] { return answers.waiting.empty(); }));
  }
  void wait_for(int answers_more) {
    const int until = done + answers_more;
    EXPECT_TRUE(world.run_until([this, until] { return done >= until; }));
  }

  ServicesWorld& world;
  conformance::StoreRecorder answers;
  conformance::BrokerRecorder heard;
  TestNode node;
  int done = 0;
  ports::BufferPosition position;
  ports::BufferHead head;
};

constexpr Duration everybody_back = seconds(12);

void restart_redis(ServicesWorld& world) {
  world.crash_redis([&] { world.redis.crash(); });
  world.start_redis();
  world.run_for(everybody_back);
}

std::size_t log_size(const ServicesWorld& world) {
  return world.postgres.tables().log(DocumentNumber{0}).size();
}

TEST(PlantedServiceBug, has_a_row_and_a_checker_for_each) {
  std::set<std::string_view> names;
  for (const ServiceBugInfo& info : all_service_bugs()) {
    EXPECT_TRUE(names.insert(info.name).second);
    const auto checkers = checkers::all_checkers();
    EXPECT_TRUE(std::any_of(checkers.begin(), checkers.end(), [&](const auto& checker) {
      return checker.name == info.checker;
    })) << info.checker;
  }
}

TEST(PlantedServiceBug, commit_not_synced) {
  const Planted planted(ServiceBug::commit_not_synced);
  ServicesWorld world;
  Peer node(world, 1);
  node.append("x");
  node.wait();
  ASSERT_EQ(log_size(world), 1u);
  world.crash_postgres();
  EXPECT_EQ(log_size(world), 0u);
}

TEST(PlantedServiceBug, sequence_outside_lock) {
  const Planted planted(ServiceBug::sequence_outside_lock);
  ServicesWorld world;
  Peer one(world, 1);
  Peer two(world, 2);
  std::size_t appended = 0;
  for (int i = 0; i < 40; ++i, appended += 2) {
    one.append("one");
    two.append("two");
    one.wait();
    two.wait();
  }
  EXPECT_LT(log_size(world), appended);
}

TEST(PlantedServiceBug, snapshot_unfenced) {
  const Planted planted(ServiceBug::snapshot_unfenced);
  ServicesWorld world;
  Peer node(world, 1);
  node.write_snapshot(5);
  node.write_snapshot(3);
  const auto newest =
      world.postgres.tables().read_snapshot(DocumentNumber{0}, Sequence{UINT64_MAX});
  EXPECT_EQ(newest->sequence, Sequence{3});
}

TEST(PlantedServiceBug, drain_ignores_lineage) {
  const Planted planted(ServiceBug::drain_ignores_lineage);
  ServicesWorld world;
  Peer worker(world, 1);
  worker.drain(7, 4);
  worker.drain(8, 3);
  EXPECT_EQ(log_size(world), 1u);
}

TEST(PlantedServiceBug, drain_survives_rollback) {
  const Planted planted(ServiceBug::drain_survives_rollback);
  ServicesWorld world;
  world.postgres.serialization_every(1);
  Peer worker(world, 1);
  worker.drain(7, 1);
  world.postgres.serialization_every(0);
  worker.drain(7, 1);
  EXPECT_EQ(log_size(world), 0u);
}

TEST(PlantedServiceBug, trim_ignores_lineage) {
  const Planted planted(ServiceBug::trim_ignores_lineage);
  ServicesWorld world;
  Peer node(world, 1);
  world.run_for(seconds(1));
  const ports::BufferPosition position = node.buffer("x");
  node.trim({position.lineage - 1, 1});
  EXPECT_EQ(node.head.trimmed, 1u);
}

TEST(PlantedServiceBug, published_to_next_document) {
  const Planted planted(ServiceBug::published_to_next_document);
  ServicesWorld world;
  Peer one(world, 1);
  Peer two(world, 2);
  world.run_for(seconds(1));
  world.numbers.number_of(document("a"));
  two.node.broker.subscribe(document("b"));
  world.run_for(seconds(1));
  for (std::uint64_t i = 1; i <= 100; ++i) {
    one.node.broker.publish_update(document("a"), Sequence{i}, bytes_of("x"));
  }
  world.run_for(seconds(1));
  EXPECT_EQ(two.heard.heard.size(), 1u);
}

TEST(PlantedServiceBug, run_id_learnt_once) {
  const Planted planted(ServiceBug::run_id_learnt_once);
  ServicesWorld world;
  Peer node(world, 1);
  world.run_for(seconds(1));
  const ports::BufferPosition before = node.buffer("x");
  restart_redis(world);
  EXPECT_EQ(node.buffer("y").lineage, before.lineage);
}

TEST(PlantedServiceBug, resubscribe_forgotten) {
  const Planted planted(ServiceBug::resubscribe_forgotten);
  ServicesWorld world;
  Peer node(world, 1);
  world.run_for(seconds(1));
  node.node.broker.subscribe(document("a"));
  world.run_for(seconds(1));
  EXPECT_EQ(world.redis.subscription_count(), 1u);
  restart_redis(world);
  EXPECT_EQ(world.redis.subscription_count(), 0u);
}

}  // namespace
}  // namespace syncline::sim
