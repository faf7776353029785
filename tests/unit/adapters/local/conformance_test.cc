#include <array>
#include <memory>

#include "server/adapters/local/local_broker.h"
#include "server/adapters/local/local_control.h"
#include "server/adapters/local/local_session_registry.h"
#include "tests/conformance/broker_conformance.h"
#include "tests/conformance/control_conformance.h"
#include "tests/conformance/session_registry_conformance.h"
#include "tests/unit/adapters/queue_executor.h"

namespace syncline::conformance {
namespace {

class LocalBrokerWorld final : public BrokerWorld {
 public:
  LocalBrokerWorld() {
    for (std::size_t shard = 0; shard < shards; ++shard) {
      brokers_[shard] = std::make_unique<adapters::LocalBroker>(hub_, executors_[shard]);
    }
  }

  ports::Broker& broker(std::size_t shard) override { return *brokers_[shard]; }
  void attach(std::size_t shard, ports::BrokerSink& sink) override {
    brokers_[shard]->attach(sink);
  }
  void run_until(const std::function<bool()>&) override { settle(); }
  void settle() override {
    for (adapters::QueueExecutor& executor : executors_) executor.run_ready();
  }

 private:
  adapters::LocalBrokerHub hub_;
  std::array<adapters::QueueExecutor, shards> executors_;
  std::array<std::unique_ptr<adapters::LocalBroker>, shards> brokers_;
};

class LocalSessionRegistryWorld final : public SessionRegistryWorld {
 public:
  ports::SessionRegistry& shard(std::size_t shard) override { return registries_[shard]; }
  ports::SessionRegistry* other_node() override { return nullptr; }
  void attach(ports::SessionRegistrySink& sink) override {
    for (adapters::LocalSessionRegistry& registry : registries_) registry.attach(sink);
  }
  void run_until(const std::function<bool()>& done) override { executor_.run_until(done); }
  void kill_other_node() override {}

 private:
  adapters::LocalSessions sessions_{"n1"};
  adapters::QueueExecutor executor_;
  std::array<adapters::LocalSessionRegistry, 2> registries_ = {
      adapters::LocalSessionRegistry(sessions_, executor_),
      adapters::LocalSessionRegistry(sessions_, executor_)};
};

class LocalControlWorld final : public ControlWorld {
 public:
  ports::Control* control(std::size_t shard) override {
    return shard < 2 ? controls_[shard].get() : nullptr;
  }
  void attach(std::size_t shard, ports::ControlSink& sink) override {
    controls_[shard]->attach(sink);
  }
  void settle() override { executor_.run_ready(); }

 private:
  adapters::LocalControlHub hub_{"n1"};
  adapters::QueueExecutor executor_;
  std::array<std::unique_ptr<adapters::LocalControl>, 2> controls_ = {
      std::make_unique<adapters::LocalControl>(hub_, executor_),
      std::make_unique<adapters::LocalControl>(hub_, executor_)};
};

std::unique_ptr<SessionRegistryWorld> make_session_world() {
  return std::make_unique<LocalSessionRegistryWorld>();
}
std::unique_ptr<ControlWorld> make_control_world() { return std::make_unique<LocalControlWorld>(); }
std::unique_ptr<BrokerWorld> make_local_world() { return std::make_unique<LocalBrokerWorld>(); }

INSTANTIATE_TEST_SUITE_P(Local, BrokerConformance, testing::Values(make_local_world));
INSTANTIATE_TEST_SUITE_P(Local, SessionRegistryConformance, testing::Values(make_session_world));
INSTANTIATE_TEST_SUITE_P(Local, ControlConformance, testing::Values(make_control_world));

}  // namespace
}  // namespace syncline::conformance
