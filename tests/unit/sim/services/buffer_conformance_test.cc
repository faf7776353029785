#include "tests/conformance/buffer_conformance.h"

#include <memory>
#include <string>
#include <utility>

#include "tests/unit/sim/services/services_world.h"

namespace syncline::conformance {
namespace {

class RedisBufferWorld final : public BufferWorld {
 public:
  RedisBufferWorld() {
    for (std::uint32_t user = 0; user < users; ++user) {
      nodes_.push_back(std::make_unique<sim::TestNode>(world_, user + 1));
    }
  }

  ports::WriteBuffer& buffer(std::size_t user) override { return nodes_[user]->buffer; }
  ports::Broker& broker(std::size_t user) override { return nodes_[user]->broker; }
  void attach(std::size_t user, ports::WriteBufferSink& answers,
              ports::BrokerSink& messages) override {
    nodes_[user]->buffer.attach(answers);
    nodes_[user]->broker.attach(messages);
  }
  void run_until(const std::function<bool()>& done) override { world_.run_until(done); }
  void settle() override { world_.run_for(milliseconds(200)); }
  void pass(Duration time) override { world_.run_for(time); }

  void restart() override {
    world_.crash_redis([this] { world_.redis.crash(); });
    start();
  }
  void keep() override {
    world_.run_for(milliseconds(1));
    kept_at_ = world_.scheduler.now();
    world_.run_for(milliseconds(1));
  }
  void restart_as_kept() override {
    const Duration since = world_.scheduler.now() - kept_at_;
    world_.crash_redis([&] { world_.redis.lose_tail(since); });
    start();
  }
  void flush() override { world_.redis.flush(); }
  void lose_entries(const std::string& name) override {
    world_.redis.evict_entries(world_.numbers.number_of(document(name)));
  }
  void lose_head(const std::string& name) override {
    world_.redis.evict_header(world_.numbers.number_of(document(name)));
  }

 private:
  void start() {
    world_.start_redis();
    // Long enough for those who have not been told that their connection is dead.
    world_.run_for(seconds(12));
  }

  sim::ServicesWorld world_;
  std::vector<std::unique_ptr<sim::TestNode>> nodes_;
  sim::Moment kept_at_;
};

std::unique_ptr<BufferWorld> make_buffer_world() { return std::make_unique<RedisBufferWorld>(); }

INSTANTIATE_TEST_SUITE_P(SimulatedRedis, BufferConformance, testing::Values(make_buffer_world));

}  // namespace
}  // namespace syncline::conformance
