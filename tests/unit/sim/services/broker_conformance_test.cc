#include "tests/conformance/broker_conformance.h"

#include <memory>
#include <vector>

#include "sim/fakes/local_broker.h"
#include "tests/unit/sim/services/services_world.h"

namespace syncline::conformance {
namespace {

class RedisBrokerWorld final : public BrokerWorld {
 public:
  RedisBrokerWorld() {
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
      nodes_.push_back(std::make_unique<sim::TestNode>(world_, shard + 1));
    }
    world_.run_for(seconds(1));
  }

  ports::Broker& broker(std::size_t shard) override { return nodes_[shard]->broker; }
  void attach(std::size_t shard, ports::BrokerSink& sink) override {
    nodes_[shard]->broker.attach(sink);
  }
  void run_until(const std::function<bool()>& done) override { world_.run_until(done); }
  void settle() override { world_.run_for(milliseconds(200)); }

 private:
  sim::ServicesWorld world_;
  std::vector<std::unique_ptr<sim::TestNode>> nodes_;
};

class SimulatedLocalWorld final : public BrokerWorld {
 public:
  SimulatedLocalWorld() {
    for (std::size_t shard = 0; shard < shards; ++shard) {
      brokers_.push_back(std::make_unique<sim::LocalBroker>(hub_));
    }
  }

  ports::Broker& broker(std::size_t shard) override { return *brokers_[shard]; }
  void attach(std::size_t shard, ports::BrokerSink& sink) override {
    brokers_[shard]->attach(sink);
  }
  void run_until(const std::function<bool()>& done) override { world_.run_until(done); }
  void settle() override { world_.run_for(milliseconds(5)); }

 private:
  sim::ServicesWorld world_;
  sim::TestProcess process_{world_.scheduler};
  sim::RandomStream random_{1, "node-1", "broker"};
  sim::LocalBrokerHub hub_{process_, random_, world_.numbers};
  std::vector<std::unique_ptr<sim::LocalBroker>> brokers_;
};

std::unique_ptr<BrokerWorld> make_redis_world() { return std::make_unique<RedisBrokerWorld>(); }
std::unique_ptr<BrokerWorld> make_local_world() { return std::make_unique<SimulatedLocalWorld>(); }

INSTANTIATE_TEST_SUITE_P(SimulatedRedis, BrokerConformance, testing::Values(make_redis_world));
INSTANTIATE_TEST_SUITE_P(SimulatedLocal, BrokerConformance, testing::Values(make_local_world));

}  // namespace
}  // namespace syncline::conformance
