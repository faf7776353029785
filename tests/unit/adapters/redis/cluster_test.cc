#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/adapters/redis/key_names.h"
#include "tests/services/redis_cluster.h"
#include "tests/unit/adapters/redis/buffer_user.h"
#include "tests/unit/adapters/redis/conformance_worlds.h"
#include "tests/unit/adapters/redis/redis_world.h"

// The same contracts when Redis is a cluster, and what only a cluster does.

namespace syncline::conformance {
namespace {

using tests::RedisCluster;

RedisCluster& shared_cluster() {
  static RedisCluster cluster;
  return cluster;
}

std::unique_ptr<BufferWorld> make_buffer_world() {
  return std::make_unique<RealRedisBufferWorld<RedisCluster>>(shared_cluster());
}
std::unique_ptr<BrokerWorld> make_broker_world() {
  return std::make_unique<RealRedisBrokerWorld<RedisCluster>>(shared_cluster());
}

INSTANTIATE_TEST_SUITE_P(RedisCluster, BufferConformance, testing::Values(make_buffer_world));
INSTANTIATE_TEST_SUITE_P(RedisCluster, BrokerConformance, testing::Values(make_broker_world));

}  // namespace
}  // namespace syncline::conformance

namespace syncline::adapters {
namespace {

using conformance::shared_cluster;
using ports::Outcome;
using tests::RedisCluster;

class RedisClusterTest : public testing::Test {
 protected:
  RedisClusterTest() {
    cluster_.ask_all({"FLUSHALL"});
    process_ = std::make_unique<TestProcess>(test_options(cluster_), executor_);
    user_ = std::make_unique<BufferUser>(*process_->client, executor_);
    broker_ = std::make_unique<RedisBroker>(*process_->client, executor_);
    broker_->attach(heard_);
    broker_->on_ready([this] { ++ready_; });
  }
  ~RedisClusterTest() override { process_->client->stop(); }

  // As the core does: until it is in the buffer.
  ports::BufferPosition append_until_committed(const std::string& name, const std::string& text) {
    for (;;) {
      const ports::BufferAppendResult result = user_->append(name, text);
      if (result.outcome == Outcome::committed) return result.position;
    }
  }

  RedisCluster& cluster_ = shared_cluster();
  QueueExecutor executor_;
  std::unique_ptr<TestProcess> process_;
  std::unique_ptr<BufferUser> user_;
  conformance::BrokerRecorder heard_;
  int ready_ = 0;
  std::unique_ptr<RedisBroker> broker_;
};

TEST_F(RedisClusterTest, spreads_documents_over_all_masters) {
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) {
    names.push_back("document " + std::to_string(i));
    user_->begin_append(names.back(), "x");
  }
  user_->run();
  for (const auto& [token, result] : user_->appends) {
    EXPECT_EQ(result.outcome, Outcome::committed);
  }
  EXPECT_EQ(user_->heads(names).value().size(), 200u);
  EXPECT_EQ(user_->claim(1000).value().size(), 200u);
  for (std::size_t i = 0; i < RedisCluster::masters; ++i) {
    EXPECT_NE(cluster_.node(i).ask({"DBSIZE"}), "0");
  }
}

// Its channel is sharded, so only the master that has it tells of it.
TEST_F(RedisClusterTest, follows_a_slot_that_moves) {
  const redis::KeyNames keys("syncline", 0);
  const std::uint16_t slot = keys.slot(named("a"));
  broker_->subscribe(named("a"));
  process_->settle();
  ports::BufferPosition last = append_until_committed("a", "x");
  for (int i = 0; i < 3; ++i) {
    const int ready = ready_;
    cluster_.move_slot(slot, (cluster_.owner_of(slot) + 1) % RedisCluster::masters);
    const ports::BufferPosition after = append_until_committed("a", "y");
    EXPECT_GT(after.lineage, last.lineage) << "another process has it";
    EXPECT_EQ(after.offset, last.offset + 1);
    ASSERT_TRUE(executor_.run_until([&] { return ready_ > ready; }));
    heard_.heard.clear();
    last = append_until_committed("a", "z");
    const std::string expected = "buffered a " + std::to_string(last.offset) + " z";
    ASSERT_TRUE(executor_.run_until(
        [&] { return !heard_.heard.empty() && heard_.heard.back() == expected; }));
  }
}

TEST_F(RedisClusterTest, asks_every_master_how_it_is_set) {
  EXPECT_TRUE(process_->client->check_persistence(seconds(10)).value().safe());
  cluster_.node(1).ask({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  const RedisPersistence found = process_->client->check_persistence(seconds(10)).value();
  cluster_.node(1).ask({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  ASSERT_EQ(found.dangers.size(), 1u);
  const std::string where = ":" + std::to_string(cluster_.node(1).port()) + "/0: maxmemory-policy";
  EXPECT_NE(found.dangers[0].find(where), std::string::npos) << found.dangers[0];
}

// The connections to the old master go while they have something to send.
TEST(RedisClusterHandOverTest, follows_a_master_that_hands_over_to_its_replica) {
  RedisCluster cluster;
  const redis::KeyNames keys("syncline", 0);
  const std::size_t owner = cluster.owner_of(keys.slot(named("a")));
  const tests::RedisProcess& replica = cluster.add_replica(owner);
  QueueExecutor executor;
  TestProcess process(test_options(cluster), executor);
  BufferUser user(*process.client, executor);
  RedisBroker broker(*process.client, executor);
  conformance::BrokerRecorder heard;
  broker.attach(heard);
  broker.subscribe(named("a"));
  process.settle();
  const ports::BufferPosition before = user.append("a", "x").position;
  cluster.hand_over_to(replica);
  ports::BufferAppendResult after{};
  do {
    after = user.append("a", "y", before.lineage);
  } while (after.outcome != Outcome::committed);
  EXPECT_GT(after.position.lineage, before.lineage);
  do {  // What is published before the subscription stands again is not heard.
    user.append("a", "z");
  } while (!executor.run_until(
      [&] { return !heard.heard.empty() && heard.heard.back().ends_with("z"); }, seconds(1)));
  process.client->stop();
}

TEST_F(RedisClusterTest, goes_on_with_the_others_while_a_master_is_away) {
  const redis::KeyNames keys("syncline", 0);
  std::string of_first;
  std::string of_last;
  for (int i = 0; of_first.empty() || of_last.empty(); ++i) {
    const std::string name = "document " + std::to_string(i);
    const std::size_t owner = cluster_.owner_of(keys.slot(named(name)));
    if (owner == 0) of_first = name;
    if (owner == 2) of_last = name;
  }
  append_until_committed(of_first, "x");
  cluster_.node(0).pause();  // The one that the options name.
  EXPECT_EQ(user_->append(of_last, "x").outcome, Outcome::committed);
  // What one has cannot be asked for; the others' can.
  const ports::BufferHeads heads = user_->optional_heads({of_first, of_last}).value();
  EXPECT_FALSE(heads.at(0));
  ASSERT_TRUE(heads.at(1));
  EXPECT_EQ(heads.at(1)->head, 1u);
  EXPECT_EQ(user_->claim(10).value(), std::vector<DocumentName>{named(of_last)});
  cluster_.node(0).resume();
  append_until_committed(of_first, "y");
  EXPECT_EQ(user_->claim(10).value(), std::vector<DocumentName>{named(of_first)});
}

}  // namespace
}  // namespace syncline::adapters
