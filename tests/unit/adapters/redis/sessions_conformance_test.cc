#include <array>
#include <memory>
#include <string>

#include "server/adapters/redis/redis_control.h"
#include "server/adapters/redis/redis_session_registry.h"
#include "tests/conformance/control_conformance.h"
#include "tests/conformance/session_registry_conformance.h"
#include "tests/unit/adapters/redis/redis_world.h"

namespace syncline::conformance {
namespace {

using adapters::QueueExecutor;
using adapters::RedisControl;
using adapters::RedisSessionRegistry;
using adapters::TestProcess;
using tests::RedisProcess;

constexpr std::size_t shards = 3;  // Two of n1, one of n2.

std::string node_of(std::size_t shard) { return shard < 2 ? "n1" : "n2"; }

class RealRedisSessionRegistryWorld final : public SessionRegistryWorld {
 public:
  RealRedisSessionRegistryWorld() {
    for (auto& process : processes_) {
      process = std::make_unique<TestProcess>(adapters::test_options(redis_), executor_);
    }
    for (std::size_t shard = 0; shard < shards; ++shard) {
      registries_[shard] = std::make_unique<RedisSessionRegistry>(
          *processes_[shard / 2]->client, executor_,
          RedisSessionRegistry::Options{
              .node = node_of(shard), .shard = shard, .ttl = milliseconds(150)});
    }
  }
  ~RealRedisSessionRegistryWorld() override {
    for (const auto& process : processes_) process->client->stop();
  }

  ports::SessionRegistry& shard(std::size_t shard) override { return *registries_[shard]; }
  ports::SessionRegistry* other_node() override { return registries_[2].get(); }
  void attach(ports::SessionRegistrySink& sink) override {
    for (const auto& registry : registries_) registry->attach(sink);
    for (const auto& process : processes_) process->settle();
  }
  void run_until(const std::function<bool()>& done) override { executor_.run_until(done); }
  void kill_other_node() override {
    processes_[1]->client->stop();
    // Until Redis says so itself; the other node is alive meanwhile.
    while (redis_.ask({"EXISTS", "syncline:{sessions}:n2/2"}) != "0") executor_.run_ready();
  }

 private:
  RedisProcess redis_;
  QueueExecutor executor_;
  std::array<std::unique_ptr<TestProcess>, 2> processes_;
  std::array<std::unique_ptr<RedisSessionRegistry>, shards> registries_;
};

class RealRedisControlWorld final : public ControlWorld {
 public:
  RealRedisControlWorld() {
    for (auto& process : processes_) {
      process = std::make_unique<TestProcess>(adapters::test_options(redis_), executor_);
    }
    for (std::size_t shard = 0; shard < shards; ++shard) {
      controls_[shard] =
          std::make_unique<RedisControl>(*processes_[shard / 2]->client, executor_, node_of(shard));
    }
  }
  ~RealRedisControlWorld() override {
    for (const auto& process : processes_) process->client->stop();
  }

  ports::Control* control(std::size_t shard) override { return controls_[shard].get(); }
  void attach(std::size_t shard, ports::ControlSink& sink) override {
    controls_[shard]->attach(sink);
  }
  void settle() override {
    for (int round = 0; round < 2; ++round) {
      for (const auto& process : processes_) process->settle();
    }
  }

 private:
  RedisProcess redis_;
  QueueExecutor executor_;
  std::array<std::unique_ptr<TestProcess>, 2> processes_;
  std::array<std::unique_ptr<RedisControl>, shards> controls_;
};

std::unique_ptr<SessionRegistryWorld> make_session_world() {
  return std::make_unique<RealRedisSessionRegistryWorld>();
}
std::unique_ptr<ControlWorld> make_control_world() {
  return std::make_unique<RealRedisControlWorld>();
}

INSTANTIATE_TEST_SUITE_P(Redis, SessionRegistryConformance, testing::Values(make_session_world));
INSTANTIATE_TEST_SUITE_P(Redis, ControlConformance, testing::Values(make_control_world));

}  // namespace
}  // namespace syncline::conformance
