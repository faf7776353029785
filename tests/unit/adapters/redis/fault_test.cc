#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "server/adapters/redis/key_names.h"
#include "server/adapters/redis/redis_session_registry.h"
#include "tests/conformance/broker_recorder.h"
#include "tests/unit/adapters/redis/buffer_user.h"
#include "tests/unit/adapters/redis/redis_world.h"

// What a real Redis does to its clients: it dies, hangs, forgets, fills up, changes its role.

namespace syncline::adapters {
namespace {

using ports::Outcome;
using tests::RedisProcess;

class RedisFaultTest : public testing::Test {
 protected:
  RedisFaultTest() : RedisFaultTest(RedisProcess::Setting{}) {}
  explicit RedisFaultTest(const RedisProcess::Setting& setting) : redis_(setting) {
    RedisOptions options = test_options(redis_);
    options.answer_timeout = milliseconds(300);
    process_ = std::make_unique<TestProcess>(options, executor_);
    user_ = std::make_unique<BufferUser>(*process_->client, executor_);
  }
  ~RedisFaultTest() override { process_->client->stop(); }

  void connected_again() {
    ASSERT_TRUE(process_->metrics.wait_for(ports::Gauge::redis_connections, 2));
  }

  RedisProcess redis_;
  QueueExecutor executor_;
  std::unique_ptr<TestProcess> process_;
  std::unique_ptr<BufferUser> user_;
};

TEST_F(RedisFaultTest, refuses_everything_at_once_while_there_is_no_connection) {
  redis_.kill();
  ASSERT_TRUE(process_->metrics.wait_for(ports::Gauge::redis_connections, 0));
  EXPECT_EQ(user_->append("a", "x").outcome, Outcome::refused);
  EXPECT_EQ(user_->read("a").error().code, ErrorCode::unavailable);
  EXPECT_EQ(user_->heads({"a"}).error().code, ErrorCode::unavailable);
  EXPECT_EQ(user_->claim(1).error().code, ErrorCode::unavailable);
  EXPECT_EQ(user_->trim("a", {}).error().code, ErrorCode::unavailable);
  redis_.start();
  connected_again();
  EXPECT_EQ(user_->append("a", "x").outcome, Outcome::committed);
}

TEST_F(RedisFaultTest,
       answers_everything_once_and_keeps_what_it_acknowledged_when_redis_is_killed) {
  std::set<std::string> acknowledged;
  for (int round = 0; round < 10; ++round) {
    std::map<RequestToken, std::string> texts;
    for (int i = 0; i < 2000; ++i) {
      const std::string text = std::to_string(round) + "." + std::to_string(i);
      texts.emplace(user_->begin_append("document " + std::to_string(i % 3), text), text);
      if (i == 1000) {
        const std::size_t before = user_->appends.size();
        executor_.run_until([&] { return user_->appends.size() > before; });
        redis_.kill();
      }
    }
    user_->run();
    for (const auto& [token, text] : texts) {
      if (user_->appends.at(token).outcome == Outcome::committed) acknowledged.insert(text);
    }
    redis_.start();
    connected_again();
  }
  std::set<std::string> found;
  for (const std::string name : {"document 0", "document 1", "document 2"}) {
    const ports::BufferPage page = user_->read(name, {}, 100'000'000).value();
    for (std::size_t i = 0; i < page.records.size(); ++i) {
      EXPECT_EQ(page.records[i].position.offset, i + 1);
      found.emplace(as_text(page.records[i].update.view()));
    }
  }
  EXPECT_GT(acknowledged.size(), 100u);
  EXPECT_TRUE(std::includes(found.begin(), found.end(), acknowledged.begin(), acknowledged.end()));
}

TEST_F(RedisFaultTest, gives_up_a_silent_connection_and_does_not_know_what_became_of_its_requests) {
  ASSERT_EQ(user_->append("a", "x").outcome, Outcome::committed);
  redis_.pause();
  EXPECT_EQ(user_->append("a", "y").outcome, Outcome::unknown);
  redis_.resume();
  connected_again();
  EXPECT_EQ(user_->append("a", "z").outcome, Outcome::committed);
}

TEST_F(RedisFaultTest, finds_a_silent_connection_dead_though_nobody_asks) {
  redis_.pause();
  EXPECT_TRUE(process_->metrics.wait_for(ports::Gauge::redis_connections, 0));
  redis_.resume();
  connected_again();
  EXPECT_EQ(user_->append("a", "x").outcome, Outcome::committed);
}

TEST_F(RedisFaultTest, brings_its_scripts_again_when_they_are_flushed) {
  const ports::BufferAppendResult first = user_->append("a", "x");
  redis_.ask({"SCRIPT", "FLUSH"});
  EXPECT_EQ(user_->append("a", "y").outcome, Outcome::refused);
  ASSERT_TRUE(process_->metrics.wait_for(ports::Counter::redis_reconnects, 1));
  connected_again();
  const ports::BufferAppendResult again = user_->append("a", "y");
  EXPECT_EQ(again.outcome, Outcome::committed);
  EXPECT_EQ(again.position.lineage, first.position.lineage) << "it is the same process";
  EXPECT_EQ(again.position.offset, 2u);
}

TEST_F(RedisFaultTest, says_that_it_is_full_and_can_still_be_drained) {
  const std::string large(100'000, 'x');
  const ports::BufferPosition first = user_->append("a", large).position;
  user_->append("b", large);
  redis_.ask({"CONFIG", "SET", "maxmemory", "1"});
  const ports::BufferAppendResult full = user_->append("a", "y");
  EXPECT_EQ(full.outcome, Outcome::refused);
  EXPECT_EQ(full.error, ErrorCode::storage_full);
  EXPECT_EQ(user_->read("a").value().records.size(), 1u);
  EXPECT_EQ(user_->claim(10).value().size(), 2u);
  EXPECT_EQ(user_->trim("a", first).value().trimmed, 1u);
  redis_.ask({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(user_->append("a", "y").outcome, Outcome::committed);
}

TEST_F(RedisFaultTest, says_that_it_fills_before_it_is_full) {
  RedisOptions options = test_options(redis_);
  options.buffers = true;
  TestProcess process(options, executor_);
  BufferUser user(*process.client, executor_);
  user.append("a", std::string(1'000'000, 'x'));
  const std::string info = redis_.ask({"INFO", "memory"});
  const std::size_t used = std::stoul(info.substr(info.find("used_memory:") + 12));
  redis_.ask({"CONFIG", "SET", "maxmemory", std::to_string(used * 10 / 9)});
  ASSERT_TRUE(executor_.run_until([&] { return user.fillings.size() == 1; }));
  EXPECT_TRUE(user.fillings[0]);
  EXPECT_EQ(user.append("a", "y").outcome, Outcome::committed) << "it is not full";
  EXPECT_GE(process.metrics.value(ports::Gauge::redis_memory_percent), 80);
  EXPECT_TRUE(process.log.wait_for("nearly used up"));
  BufferUser late(*process.client, executor_);
  ASSERT_TRUE(executor_.run_until([&late] { return late.fillings == std::vector<bool>{true}; }));
  redis_.ask({"CONFIG", "SET", "maxmemory", std::to_string(used * 4 / 3)});  // 75 %.
  ASSERT_TRUE(process.metrics.wait_for(ports::Gauge::redis_memory_percent,
                                       [](std::int64_t percent) { return percent < 80; }));
  EXPECT_EQ(user.fillings.size(), 1u) << "not back and forth at the limit";
  redis_.ask({"CONFIG", "SET", "maxmemory", std::to_string(used * 10)});
  ASSERT_TRUE(
      executor_.run_until([&] { return user.fillings.size() == 2 && late.fillings.size() == 2; }));
  EXPECT_FALSE(user.fillings[1]);
  process.client->stop();
}

TEST_F(RedisFaultTest, says_again_what_comes_again_after_it_was_well) {
  const auto lines = [this] {
    std::size_t count = 0;
    for (const std::string& line : process_->log.lines()) {
      if (line.find("why=OOM") != std::string::npos) ++count;
    }
    return count;
  };
  const auto fill = [this] {
    redis_.ask({"CONFIG", "SET", "maxmemory", "1"});
    EXPECT_EQ(user_->append("a", "x").error, ErrorCode::storage_full);
    EXPECT_EQ(user_->append("a", "x").error, ErrorCode::storage_full);
    redis_.ask({"CONFIG", "SET", "maxmemory", "0"});
    EXPECT_EQ(user_->append("a", "x").outcome, Outcome::committed);
  };
  fill();
  fill();
  EXPECT_EQ(lines(), 1u);
  process_->clock.jump(std::chrono::minutes(11));
  fill();
  EXPECT_EQ(lines(), 2u);
  EXPECT_EQ(process_->metrics.value(ports::Counter::redis_reconnects), 0u);
}

// Then every script begins a lineage, which is a write that takes memory.
TEST_F(RedisFaultTest, can_still_be_drained_when_it_is_full_after_a_restart) {
  for (const std::string name : {"a", "b", "c"}) user_->append(name, "x");
  process_->while_reconnecting([this] {
    redis_.kill();
    redis_.start();
    redis_.ask({"CONFIG", "SET", "maxmemory", "1"});
  });
  ASSERT_EQ(user_->append("a", "y").error, ErrorCode::storage_full);
  EXPECT_EQ(user_->claim(10).value().size(), 3u);
  const ports::BufferPage page = user_->read("a").value();
  EXPECT_EQ(page.records.size(), 1u);
  EXPECT_EQ(user_->heads({"b"}).value().at(0).head, 1u);
  EXPECT_EQ(user_->trim("a", {page.head.lineage, 1}).value().trimmed, 1u);
  const ports::BufferHead c = user_->trim("c", {}).value();
  EXPECT_EQ(user_->trim("c", {c.lineage, 1}).value().trimmed, 1u);
}

TEST_F(RedisFaultTest, does_not_know_the_outcome_when_something_else_is_under_its_keys) {
  const redis::KeyNames keys("syncline", 0);
  redis_.ask({"SET", keys.entries(named("a")), "something else"});
  EXPECT_EQ(user_->append("a", "x").outcome, Outcome::unknown);
  redis_.ask({"SET", keys.header(named("b")), "something else"});
  EXPECT_FALSE(user_->read("b").ok());
  EXPECT_FALSE(user_->heads({"b"}).ok());
  const ports::BufferHeads heads = user_->optional_heads({"b", "c"}).value();
  EXPECT_FALSE(heads.at(0)) << "the other one, of another bucket, is answered";
  EXPECT_TRUE(heads.at(1));
  EXPECT_EQ(user_->append("c", "x").outcome, Outcome::committed);
}

TEST_F(RedisFaultTest, gives_a_lease_to_another_when_the_clock_was_set_back) {
  user_->append("a", "x");
  EXPECT_EQ(user_->claim(1).value().size(), 1u);
  EXPECT_EQ(user_->claim(1).value().size(), 0u);
  const std::string leases =
      redis::KeyNames("syncline", 0).leases(redis::KeyNames::bucket_of(named("a")));
  redis_.ask({"ZINCRBY", leases, "3600000000", "a"});
  EXPECT_EQ(user_->claim(1).value().size(), 1u);
}

TEST_F(RedisFaultTest, forgets_in_time_what_is_idle_and_clean) {
  const ports::BufferPosition last = user_->append("a", "x").position;
  const std::string header = redis::KeyNames("syncline", 0).header(named("a"));
  EXPECT_EQ(redis_.ask({"TTL", header}), "-1");
  EXPECT_EQ(user_->trim("a", last).value().trimmed, 1u);
  EXPECT_GT(std::stol(redis_.ask({"TTL", header})), 6 * 24 * 3600);
  user_->append("a", "y", last.lineage);
  EXPECT_EQ(redis_.ask({"TTL", header}), "-1");
}

// Meanwhile its data was another's, though it is the same process.
TEST_F(RedisFaultTest, does_not_serve_a_replica_and_begins_a_lineage_when_it_is_a_master_again) {
  const ports::BufferPosition before = user_->append("a", "x").position;
  RedisProcess master;
  redis_.ask({"REPLICAOF", "127.0.0.1", std::to_string(master.port())});
  EXPECT_NE(user_->append("a", "y", before.lineage).outcome, Outcome::committed);
  EXPECT_TRUE(process_->log.wait_for("it is a replica"));
  redis_.ask({"REPLICAOF", "NO", "ONE"});
  connected_again();
  const ports::BufferAppendResult after = user_->append("a", "z", before.lineage);
  EXPECT_EQ(after.outcome, Outcome::committed);
  EXPECT_GT(after.position.lineage, before.lineage);
}

// A replica that takes over has another run id: nobody takes its word for what is missing.
// Also when nobody asked it anything while it was one.
TEST_F(RedisFaultTest, finds_out_that_redis_has_become_a_replica) {
  redis_.ask({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_TRUE(process_->log.wait_for("it is a replica"));
  redis_.ask({"REPLICAOF", "NO", "ONE"});
  connected_again();
}

// Also when it had no room to ask for a while.
TEST_F(RedisFaultTest, finds_out_that_redis_has_become_a_replica_after_it_was_busy) {
  process_->client->stop();
  RedisOptions options = test_options(redis_);
  options.unanswered_bytes_max = 1;  // One request.
  TestProcess process(options, executor_);
  BufferUser user(*process.client, executor_);
  for (bool busy = false; !busy;) {
    redis_.pause();
    user.begin_append("a", "x");
    // Over several times of asking. If it was asking just then, the append is refused.
    std::this_thread::sleep_for(4 * options.ping_interval);
    executor_.run_ready();
    busy = user.waiting() > 0;
    redis_.resume();
    user.run();
  }
  redis_.ask({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_TRUE(process.log.wait_for("it is a replica"));
  process.client->stop();
}

TEST_F(RedisFaultTest, begins_a_lineage_on_a_replica_that_has_taken_over) {
  RedisProcess replica;
  const ports::BufferPosition before = user_->append("a", "x").position;
  replica.ask({"REPLICAOF", "127.0.0.1", std::to_string(redis_.port())});
  while (replica.ask({"INFO", "replication"}).find("master_link_status:up") == std::string::npos) {
  }
  while (replica.ask({"EXISTS", redis::KeyNames("syncline", 0).entries(named("a"))}) != "1") {
  }
  redis_.kill();
  replica.ask({"REPLICAOF", "NO", "ONE"});
  QueueExecutor executor;
  TestProcess process(test_options(replica), executor);
  BufferUser user(*process.client, executor);
  const ports::BufferPage page = user.read("a", before).value();
  EXPECT_GT(page.head.lineage, before.lineage);
  EXPECT_EQ(page.records.size(), 1u);
  process.client->stop();
}

TEST_F(RedisFaultTest, renews_all_subscriptions_and_says_so) {
  conformance::BrokerRecorder heard;
  RedisBroker broker(*process_->client, executor_);
  int ready = 0;
  broker.attach(heard);
  broker.on_ready([&ready] { ++ready; });
  executor_.run_until([&] { return ready == 1; });
  constexpr int count = 20'000;
  for (int i = 0; i < count; ++i) broker.subscribe(named("document " + std::to_string(i)));
  process_->settle();
  process_->while_reconnecting([this] {
    redis_.kill();
    redis_.start();
  });
  ASSERT_TRUE(executor_.run_until([&] { return ready == 2; }));
  EXPECT_EQ(redis_.ask({"PUBSUB", "NUMSUB",
                        redis::KeyNames("syncline", 0).channel(named("document 19999"))}),
            redis::KeyNames("syncline", 0).channel(named("document 19999")) + "\n1\n");
  for (const int i : {0, 500, count - 1}) user_->append("document " + std::to_string(i), "x");
  process_->settle();
  EXPECT_EQ(heard.heard,
            (std::vector<std::string>{"buffered document 0 1 x", "buffered document 500 1 x",
                                      "buffered document 19999 1 x"}));
  process_->client->stop();
}

TEST_F(RedisFaultTest, is_silent_on_a_channel_that_was_left_while_there_was_no_connection) {
  conformance::BrokerRecorder heard;
  RedisBroker broker(*process_->client, executor_);
  broker.attach(heard);
  broker.subscribe(named("a"));
  process_->settle();
  redis_.kill();
  ASSERT_TRUE(process_->metrics.wait_for(ports::Gauge::redis_connections, 0));
  broker.unsubscribe(named("a"));
  broker.subscribe(named("b"));
  broker.publish_awareness(named("b"), SharedBytes(as_bytes("nobody hears this")));
  redis_.start();
  connected_again();
  process_->settle();
  user_->append("a", "x");
  user_->append("b", "x");
  process_->settle();
  EXPECT_EQ(heard.heard, std::vector<std::string>{"buffered b 1 x"});
  process_->client->stop();
}

TEST_F(RedisFaultTest, ignores_what_strangers_publish) {
  conformance::BrokerRecorder heard;
  RedisBroker broker(*process_->client, executor_);
  broker.attach(heard);
  broker.subscribe(named("a"));
  process_->settle();
  const std::string channel = redis::KeyNames("syncline", 0).channel(named("a"));
  for (const std::string message :
       {"", "x", "\x02 too short for a buffered update", "\x09 a kind of tomorrow, long enough"}) {
    redis_.ask({"PUBLISH", channel, message});
  }
  process_->settle();
  EXPECT_LE(heard.heard.size(), 1u);  // The second but one has the form of an update.
  EXPECT_EQ(process_->metrics.value(ports::Counter::redis_messages_undecodable),
            4u - heard.heard.size());
  process_->client->stop();
}

// The connections of a node, as they are listed.
class NodeList final : public ports::SessionRegistrySink {
 public:
  NodeList(RedisClient& client, QueueExecutor& executor, Duration ttl)
      : executor_(executor), registry(client, executor, {.node = "n1", .shard = 0, .ttl = ttl}) {
    registry.attach(*this);
  }

  void on_connections(RequestToken,
                      Result<std::vector<ports::RegisteredConnection>> connections) override {
    count_ = connections.ok() ? static_cast<int>(connections->size()) : -1;
    ++answers_;
  }

  // -1: they cannot be listed.
  int count() {
    registry.list_node(RequestToken{1}, "n1");
    const int before = answers_;
    executor_.run_until([&] { return answers_ > before; });
    return count_;
  }
  void wait_for(int expected) {
    while (count() != expected) {
    }
  }

 private:
  QueueExecutor& executor_;
  int count_ = 0;
  int answers_ = 0;

 public:
  RedisSessionRegistry registry;
};

TEST_F(RedisFaultTest, tells_redis_again_who_is_connected_when_it_has_forgotten) {
  NodeList node(*process_->client, executor_, milliseconds(300));
  for (std::uint64_t id = 0; id < 1200; ++id) {
    node.registry.add(ConnectionId{id}, named("a"), "", WallTime{});
  }
  node.wait_for(1200);
  redis_.ask({"FLUSHALL"});
  EXPECT_EQ(node.count(), 0);
  node.wait_for(1200);
  redis_.kill();
  ASSERT_TRUE(process_->metrics.wait_for(ports::Gauge::redis_connections, 0));
  EXPECT_EQ(node.count(), -1);
  node.registry.remove(ConnectionId{7});
  redis_.start();
  connected_again();
  node.wait_for(1199);
  process_->client->stop();
}

TEST_F(RedisFaultTest, says_how_many_documents_are_not_drained) {
  EXPECT_EQ(process_->client->buffered_documents(seconds(10)).value(), 0u);
  for (const char* name : {"a", "b", "c"}) user_->append(name, "x");
  user_->append("a", "y");
  EXPECT_EQ(process_->client->buffered_documents(seconds(10)).value(), 3u);
  ASSERT_EQ(user_->claim(1)->size(), 1u);  // It is still not in the log.
  EXPECT_EQ(process_->client->buffered_documents(seconds(10)).value(), 3u);
  const std::uint64_t lineage = user_->heads({"a"})->front().lineage;
  ASSERT_TRUE(user_->trim("a", {.lineage = lineage, .offset = 2}).ok());
  EXPECT_EQ(process_->client->buffered_documents(seconds(10)).value(), 2u);
  redis_.kill();
  ASSERT_TRUE(process_->metrics.wait_for(ports::Gauge::redis_connections, 0));
  EXPECT_EQ(process_->client->buffered_documents(milliseconds(50)).error().code,
            ErrorCode::unavailable);
}

TEST_F(RedisFaultTest, tells_redis_who_is_connected_when_it_could_not_be_told_at_first) {
  RedisOptions options = test_options(redis_);
  options.reconnect_delay_min = options.reconnect_delay_max = seconds(1);
  TestProcess process(options, executor_);
  conformance::BrokerRecorder heard;
  RedisBroker broker(*process.client, executor_);
  broker.attach(heard);
  broker.subscribe(named("a"));  // Until then Redis takes both connections for normal ones.
  process.settle();
  NodeList node(*process.client, executor_, milliseconds(300));
  node.registry.add(ConnectionId{1}, named("a"), "", WallTime{});
  node.registry.add(ConnectionId{2}, named("a"), "", WallTime{});
  node.wait_for(2);
  // The subscriptions stand all the while; what Redis has is not lost.
  redis_.ask({"CLIENT", "KILL", "TYPE", "normal"});
  ASSERT_TRUE(process.metrics.wait_for(ports::Gauge::redis_connections, 1));
  node.registry.remove(ConnectionId{1});
  node.registry.add(ConnectionId{3}, named("a"), "", WallTime{});
  node.registry.add(ConnectionId{4}, named("a"), "", WallTime{});
  EXPECT_EQ(node.count(), -1);
  node.wait_for(3);
  process.client->stop();
}

TEST_F(RedisFaultTest, tells_redis_at_once_who_came_and_went_in_one_turn) {
  const auto calls_of = [&](const std::string& command) {
    const std::string report = redis_.ask({"INFO", "commandstats"});
    const std::string name = "cmdstat_" + command + ":calls=";
    const std::size_t at = report.find(name);
    return at == std::string::npos ? 0 : std::stoi(report.substr(at + name.size()));
  };
  NodeList node(*process_->client, executor_, seconds(60));
  EXPECT_EQ(node.count(), 0);
  const int scripts = calls_of("evalsha");
  const int removals = calls_of("hdel");
  for (std::uint64_t id = 0; id < 400; ++id) {
    node.registry.add(ConnectionId{id}, named("a"), "", WallTime{});
  }
  EXPECT_EQ(node.count(), 400);
  for (std::uint64_t id = 0; id < 300; ++id) node.registry.remove(ConnectionId{id});
  node.registry.add(ConnectionId{1}, named("a"), "", WallTime{});
  EXPECT_EQ(node.count(), 101);
  EXPECT_EQ(calls_of("evalsha") - scripts, 2);
  EXPECT_EQ(calls_of("hdel") - removals, 1);
  process_->client->stop();
}

TEST_F(RedisFaultTest, says_what_is_down) {
  using ports::Gauge;
  EXPECT_EQ(process_->metrics.value(Gauge::degraded_broker), 0);
  RedisOptions options = test_options(redis_);
  options.buffers = true;
  TestProcess buffering(options, executor_);
  EXPECT_EQ(buffering.metrics.value(Gauge::degraded_broker), 0);
  EXPECT_EQ(buffering.metrics.value(Gauge::degraded_buffer), 0);
  redis_.kill();
  EXPECT_TRUE(process_->metrics.wait_for(Gauge::degraded_broker, 1));
  EXPECT_TRUE(buffering.metrics.wait_for(Gauge::degraded_broker, 1));
  EXPECT_TRUE(buffering.metrics.wait_for(Gauge::degraded_buffer, 1));
  EXPECT_EQ(process_->metrics.value(Gauge::degraded_buffer), 0) << "it does not use it";
  redis_.start();
  EXPECT_TRUE(process_->metrics.wait_for(Gauge::degraded_broker, 0));
  EXPECT_TRUE(buffering.metrics.wait_for(Gauge::degraded_broker, 0));
  EXPECT_TRUE(buffering.metrics.wait_for(Gauge::degraded_buffer, 0));
}

TEST_F(RedisFaultTest, answers_everything_when_it_is_stopped) {
  for (int i = 0; i < 1000; ++i) user_->begin_append("a", "x");
  process_->client->stop();
  user_->run();
  for (const auto& [token, result] : user_->appends) {
    EXPECT_EQ(result.outcome, Outcome::committed);
  }
  EXPECT_EQ(user_->append("a", "x").outcome, Outcome::refused);
}

TEST_F(RedisFaultTest, stops_soon_though_redis_hangs) {
  redis_.pause();
  for (int i = 0; i < 10; ++i) user_->begin_append("a", "x");
  process_->client->stop();
  user_->run();
  for (const auto& [token, result] : user_->appends) EXPECT_EQ(result.outcome, Outcome::unknown);
  redis_.resume();
}

TEST_F(RedisFaultTest, refuses_what_would_wait_beyond_its_limit) {
  process_->client->stop();
  RedisOptions options = test_options(redis_);
  options.unanswered_bytes_max = 100'000;
  TestProcess process(options, executor_);
  BufferUser user(*process.client, executor_);
  redis_.pause();
  for (int i = 0; i < 100; ++i) user.begin_append("a", std::string(10'000, 'x'));
  redis_.resume();
  user.run();
  const auto refused =
      std::count_if(user.appends.begin(), user.appends.end(),
                    [](const auto& entry) { return entry.second.outcome == Outcome::refused; });
  EXPECT_GE(refused, 85);
  EXPECT_LT(refused, 95);
  process.client->stop();
}

}  // namespace
}  // namespace syncline::adapters
