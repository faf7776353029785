#include <array>
#include <memory>

#include "server/adapters/local/local_broker.h"
#include "tests/conformance/broker_conformance.h"
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

std::unique_ptr<BrokerWorld> make_local_world() { return std::make_unique<LocalBrokerWorld>(); }

INSTANTIATE_TEST_SUITE_P(Local, BrokerConformance, testing::Values(make_local_world));

}  // namespace
}  // namespace syncline::conformance
