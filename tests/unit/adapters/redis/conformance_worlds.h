#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "server/adapters/redis/key_names.h"
#include "tests/conformance/broker_conformance.h"
#include "tests/conformance/buffer_conformance.h"
#include "tests/unit/adapters/redis/redis_world.h"

// The worlds of the conformance suites, in a real Redis.

namespace syncline::conformance {

using adapters::QueueExecutor;
using adapters::RedisBroker;
using adapters::RedisWriteBuffer;
using adapters::TestProcess;
using adapters::redis::KeyNames;

// The scores of a sorted set, moved: as if Redis's clock had gone by so much.
inline constexpr std::string_view move_scores = R"lua(
local members = redis.call('ZRANGE', KEYS[1], 0, -1)
for _, member in ipairs(members) do redis.call('ZINCRBY', KEYS[1], ARGV[1], member) end
return #members
)lua";

// `Service`: a RedisProcess or a RedisCluster, shared by the tests that this process runs.
template <class Service>
class RealRedisBufferWorld final : public BufferWorld {
 public:
  explicit RealRedisBufferWorld(Service& redis) : redis_(redis) {
    redis_.ask_all({"FLUSHALL"});
    for (std::size_t user = 0; user < users; ++user) {
      processes_[user] = std::make_unique<TestProcess>(adapters::test_options(redis_), executor_);
      buffers_[user] = std::make_unique<RedisWriteBuffer>(*processes_[user]->client, executor_);
      brokers_[user] = std::make_unique<RedisBroker>(*processes_[user]->client, executor_);
    }
  }
  ~RealRedisBufferWorld() override {
    for (const auto& process : processes_) process->client->stop();
  }

  ports::WriteBuffer& buffer(std::size_t user) override { return *buffers_[user]; }
  ports::Broker& broker(std::size_t user) override { return *brokers_[user]; }
  void attach(std::size_t user, ports::WriteBufferSink& answers,
              ports::BrokerSink& messages) override {
    buffers_[user]->attach(answers);
    brokers_[user]->attach(messages);
  }
  void run_until(const std::function<bool()>& done) override { executor_.run_until(done); }
  // Twice: what one has published by then, the other has heard.
  void settle() override {
    for (int round = 0; round < 2; ++round) {
      for (const auto& process : processes_) process->settle();
    }
  }
  void pass(Duration time) override {
    const std::string back = std::to_string(-duration_cast<microseconds>(time).count());
    const KeyNames keys("syncline", 0);
    for (unsigned bucket = 0; bucket < KeyNames::buckets; ++bucket) {
      for (const std::string& key : {keys.dirty(bucket), keys.leases(bucket)}) {
        redis_.ask_for_slot(keys.slot(bucket), {"EVAL", std::string(move_scores), "1", key, back});
      }
    }
  }

  void restart() override {
    replace([this] {
      redis_.kill();
      redis_.start();
    });
  }
  void keep() override { redis_.keep_files(); }
  void restart_as_kept() override {
    replace([this] {
      redis_.kill();
      redis_.restore_files();
      redis_.start();
    });
  }
  void flush() override { redis_.ask_all({"FLUSHALL"}); }
  void lose_entries(const std::string& name) override {
    const KeyNames keys("syncline", 0);
    remove(name, keys.entries(document(name)));
  }
  void lose_head(const std::string& name) override {
    const KeyNames keys("syncline", 0);
    remove(name, keys.header(document(name)));
  }

 private:
  void remove(const std::string& name, const std::string& key) {
    const std::uint16_t slot = KeyNames("syncline", 0).slot(document(name));
    SYNCLINE_ASSERT(redis_.ask_for_slot(slot, {"DEL", key}) == "1");
  }
  void replace(const std::function<void()>& fault) {
    processes_[0]->while_reconnecting([&] { processes_[1]->while_reconnecting(fault); });
  }

  Service& redis_;
  QueueExecutor executor_;
  std::array<std::unique_ptr<TestProcess>, users> processes_;
  std::array<std::unique_ptr<RedisWriteBuffer>, users> buffers_;
  std::array<std::unique_ptr<RedisBroker>, users> brokers_;
};

// Two shards of one process, and one of another.
template <class Service>
class RealRedisBrokerWorld final : public BrokerWorld {
 public:
  explicit RealRedisBrokerWorld(Service& redis) : redis_(redis) {
    for (auto& process : processes_) {
      process = std::make_unique<TestProcess>(adapters::test_options(redis_), executor_);
    }
    for (std::size_t shard = 0; shard < shards; ++shard) {
      brokers_[shard] = std::make_unique<RedisBroker>(*processes_[shard / 2]->client, executor_);
    }
  }
  ~RealRedisBrokerWorld() override {
    for (const auto& process : processes_) process->client->stop();
  }

  ports::Broker& broker(std::size_t shard) override { return *brokers_[shard]; }
  void attach(std::size_t shard, ports::BrokerSink& sink) override {
    brokers_[shard]->attach(sink);
  }
  void run_until(const std::function<bool()>& done) override { executor_.run_until(done); }
  void settle() override {
    for (int round = 0; round < 2; ++round) {
      for (const auto& process : processes_) process->settle();
    }
  }

 private:
  Service& redis_;
  QueueExecutor executor_;
  std::array<std::unique_ptr<TestProcess>, 2> processes_;
  std::array<std::unique_ptr<RedisBroker>, shards> brokers_;
};

}  // namespace syncline::conformance
