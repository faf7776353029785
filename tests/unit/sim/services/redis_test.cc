#include "sim/services/redis.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/conformance/broker_recorder.h"
#include "tests/conformance/store_recorder.h"
#include "tests/unit/sim/services/services_world.h"

namespace syncline::sim {
namespace {

using conformance::document;
using faults::FaultKind;
using ports::Outcome;

// A node on Redis and what it was told.
struct User final : ports::WriteBufferSink {
  User(ServicesWorld& services, std::uint32_t number) : world(services), node(services, number) {
    node.buffer.attach(*this);
    node.broker.attach(heard);
  }

  void on_buffer_append_done(RequestToken, ports::BufferAppendResult result) override {
    appends.push_back(result);
  }
  void on_buffer_page(RequestToken, Result<ports::BufferPage>) override {}
  void on_buffer_heads(RequestToken, Result<ports::BufferHeads>) override {}
  void on_buffer_claimed(RequestToken, Result<std::vector<DocumentName>> documents) override {
    claims.push_back(std::move(documents));
  }
  void on_buffer_trimmed(RequestToken, Result<ports::BufferHead>) override {}

  ports::BufferAppendResult append(const std::string& text) {
    const std::size_t before = appends.size();
    node.buffer.append(RequestToken{before}, document("a"), bytes_of(text), 0, 0);
    EXPECT_TRUE(world.run_until([&] { return appends.size() > before; }));
    return appends.back();
  }
  std::size_t claim(Duration lease) {
    const std::size_t before = claims.size();
    node.buffer.claim(RequestToken{before}, 10, lease);
    EXPECT_TRUE(world.run_until([&] { return claims.size() > before; }));
    return claims.back().value().size();
  }

  ServicesWorld& world;
  TestNode node;
  conformance::BrokerRecorder heard;
  std::vector<ports::BufferAppendResult> appends;
  std::vector<Result<std::vector<DocumentName>>> claims;
};

constexpr Duration everybody_back = seconds(12);

TEST(Redis, loses_its_tail_only_when_the_machine_crashes) {
  ServicesWorld world;
  User user(world, 1);
  world.run_for(seconds(1));
  user.append("old");
  world.run_for(seconds(2));
  user.append("new");
  world.crash_redis([&] { world.redis.crash(); });
  EXPECT_EQ(world.history.forgotten, 0u);
  world.start_redis();
  world.run_for(everybody_back);
  user.append("newest");
  world.crash_redis([&] { world.redis.lose_tail(milliseconds(500)); });
  EXPECT_EQ(world.history.forgotten, 1u);
  EXPECT_EQ(world.reports.observed[FaultKind::lose_tail], 1);
  EXPECT_EQ(world.reports.probes["redis-forgets"], 1);
}

TEST(Redis, loses_nothing_acknowledged_when_it_always_syncs) {
  ServicesWorld world(1, {.appendfsync = AppendFsync::always});
  User user(world, 1);
  world.run_for(seconds(1));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(user.append("x").outcome, Outcome::committed);
  }
  const std::uint64_t acknowledged = user.appends.back().position.offset;
  user.node.buffer.append(RequestToken{99}, document("a"), bytes_of("on its way"), 0, 0);
  world.run_until([&] { return world.history.buffer.size() > acknowledged; });
  world.crash_redis([&] { world.redis.lose_tail(seconds(5)); });
  EXPECT_LE(world.history.forgotten, 1u);
  world.start_redis();
  world.run_for(everybody_back);
  EXPECT_GE(user.append("y").position.offset, acknowledged + 1);
}

TEST(Redis, fails_over_to_a_replica_that_is_behind) {
  ServicesWorld world(1, {.appendfsync = AppendFsync::always});
  User user(world, 1);
  world.run_for(seconds(1));
  const ports::BufferPosition kept = user.append("kept").position;
  world.run_for(seconds(1));
  const ports::BufferPosition lost = user.append("lost").position;
  world.crash_redis([&] { world.redis.failover(milliseconds(200)); });
  EXPECT_EQ(world.history.forgotten, 1u);
  EXPECT_EQ(world.reports.observed[FaultKind::failover], 1);
  world.start_redis();
  world.run_for(everybody_back);
  const ports::BufferPosition other = user.append("other").position;
  EXPECT_EQ(other.offset, kept.offset + 1);
  EXPECT_EQ(other.offset, lost.offset);
  EXPECT_GT(other.lineage, lost.lineage);
}

TEST(Redis, is_empty_after_a_flush) {
  ServicesWorld world;
  User user(world, 1);
  world.run_for(seconds(1));
  user.append("x");
  user.append("y");
  world.redis.flush();
  EXPECT_EQ(world.history.forgotten, 2u);
  EXPECT_EQ(world.redis.streams().bytes(), 0u);
  EXPECT_EQ(world.reports.observed[FaultKind::flush], 1);
  EXPECT_EQ(user.append("z").position.offset, 1u);
}

TEST(Redis, gives_no_position_twice_whatever_it_forgets) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    ServicesWorld world(seed);
    User one(world, 1);
    User two(world, 2);
    RandomStream random(seed, "test", "faults");
    world.run_for(seconds(1));
    for (int round = 0; round < 6; ++round) {
      for (int i = 0; i < 5; ++i) {
        const std::string text = std::to_string(round) + "." + std::to_string(i);
        one.append("one " + text);
        two.append("two " + text);
      }
      if (random.chance(30)) {
        world.redis.flush();
        continue;
      }
      const Duration amount = random.between(milliseconds(1), milliseconds(60));
      world.crash_redis([&] { world.redis.lose_tail(amount); });
      world.start_redis();
      world.run_for(everybody_back);
    }
    for (const auto& [position, updates] : world.history.buffer) EXPECT_EQ(updates.size(), 1u);
  }
}

TEST(Redis, refuses_appends_beyond_its_memory) {
  ServicesWorld world(1, {.maxmemory_bytes = 1000});
  User user(world, 1);
  world.run_for(seconds(1));
  EXPECT_EQ(user.append(std::string(900, 'x')).outcome, Outcome::committed);
  const ports::BufferAppendResult refused = user.append(std::string(101, 'x'));
  EXPECT_EQ(refused.outcome, Outcome::refused);
  EXPECT_EQ(refused.error, ErrorCode::storage_full);
  EXPECT_EQ(user.append(std::string(100, 'x')).outcome, Outcome::committed);
}

TEST(Redis, measures_leases_by_its_own_wall_clock) {
  ServicesWorld world;
  User user(world, 1);
  world.run_for(seconds(1));
  user.append("x");
  EXPECT_EQ(user.claim(seconds(10)), 1u);
  world.run_for(seconds(1));
  EXPECT_EQ(user.claim(seconds(10)), 0u);
  world.redis_process->wall_offset += seconds(60);
  EXPECT_EQ(user.claim(seconds(10)), 1u);
  // Set back: the lease would last for another minute.
  world.redis_process->wall_offset -= seconds(60);
  EXPECT_EQ(user.claim(seconds(10)), 1u);
  EXPECT_EQ(user.claim(seconds(10)), 0u);
}

TEST(Redis, drops_messages_without_a_word) {
  ServicesWorld world;
  User one(world, 1);
  User two(world, 2);
  world.run_for(seconds(1));
  two.node.broker.subscribe(document("a"));
  world.run_for(seconds(1));
  world.redis.drop_messages_every(3);
  for (std::uint64_t i = 1; i <= 6; ++i) {
    one.node.broker.publish_update(document("a"), Sequence{i}, bytes_of("x"));
  }
  world.run_for(seconds(1));
  EXPECT_EQ(two.heard.heard.size(), 4u);
  EXPECT_EQ(world.reports.observed[FaultKind::drop_messages], 2);
}

TEST(RedisBroker, misses_what_is_published_while_it_has_no_connection) {
  ServicesWorld world;
  User one(world, 1);
  User two(world, 2);
  world.run_for(seconds(1));
  two.node.broker.subscribe(document("a"));
  world.run_for(seconds(1));
  world.network.begin_fault(
      {.id = 1, .kind = WireFault::Kind::cut, .from = {two.node.party}, .to = {redis_party}});
  world.run_for(seconds(1));
  one.node.broker.publish_update(document("a"), Sequence{1}, bytes_of("x"));
  world.run_for(seconds(1));
  world.network.end_fault(1);
  world.run_for(everybody_back);
  one.node.broker.publish_update(document("a"), Sequence{2}, bytes_of("y"));
  world.run_for(seconds(1));
  EXPECT_EQ(two.heard.heard, std::vector<std::string>{"update a 2 y"});
  EXPECT_GE(world.reports.probes["redis-reconnect"], 1);
}

TEST(RedisBroker, leaves_no_subscription_behind) {
  ServicesWorld world;
  {
    User user(world, 1);
    world.run_for(seconds(1));
    user.node.broker.subscribe(document("a"));
    user.node.broker.subscribe(document("b"));
    user.node.broker.unsubscribe(document("a"));
    world.run_for(seconds(1));
    EXPECT_EQ(world.redis.subscription_count(), 1u);
  }
  world.run_for(seconds(60));
  EXPECT_EQ(world.redis.subscription_count(), 0u);
}

TEST(RedisWriteBuffer, refuses_while_there_is_no_connection) {
  ServicesWorld world;
  User user(world, 1);
  world.crash_redis([&] { world.redis.crash(); });
  world.run_for(seconds(1));
  EXPECT_EQ(user.append("x").outcome, Outcome::refused);
  EXPECT_TRUE(world.history.buffer.empty());
}

TEST(RedisWriteBuffer, does_not_know_what_became_of_an_append_whose_connection_died) {
  int appended = 0;
  int not_appended = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    ServicesWorld world(seed);
    User user(world, 1);
    world.run_for(seconds(1));
    user.node.buffer.append(RequestToken{1}, document("a"), bytes_of("x"), 0, 0);
    world.run_for(Duration(static_cast<std::int64_t>(seed) * 60'000));
    world.crash_redis([&] { world.redis.crash(); });
    if (!user.appends.empty()) continue;
    // The answer may be on its way, and arrive after all.
    ASSERT_TRUE(world.run_until([&] { return !user.appends.empty(); }));
    EXPECT_NE(user.appends[0].outcome, Outcome::refused);
    const bool unknown = user.appends[0].outcome == Outcome::unknown;
    appended += unknown && !world.history.buffer.empty() ? 1 : 0;
    not_appended += unknown && world.history.buffer.empty() ? 1 : 0;
  }
  EXPECT_GT(not_appended, 0);
  EXPECT_GT(appended, 0);
}

TEST(RedisConnection, finds_out_that_a_silent_connection_is_dead) {
  ServicesWorld world;
  User user(world, 1);
  world.run_for(seconds(1));
  ASSERT_TRUE(user.node.redis.ready());
  world.network.begin_fault({.id = 1,
                             .kind = WireFault::Kind::partition,
                             .from = {user.node.party},
                             .to = {redis_party}});
  world.run_for(seconds(8));
  EXPECT_FALSE(user.node.redis.ready());
  world.network.end_fault(1);
  world.run_for(everybody_back);
  EXPECT_TRUE(user.node.redis.ready());
}

}  // namespace
}  // namespace syncline::sim
