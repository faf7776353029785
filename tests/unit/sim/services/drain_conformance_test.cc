#include "tests/conformance/drain_conformance.h"

#include "tests/unit/sim/services/services_world.h"

namespace syncline::conformance {
namespace {

class PostgresDrainWorld final : public DrainWorld {
 public:
  PostgresDrainWorld() { open(); }

  ports::DrainStore& drains(std::size_t worker) override { return nodes_[worker]->drains; }
  ports::UpdateStore& updates() override { return nodes_[0]->updates; }
  void attach(ports::DrainStoreSink& drains, ports::UpdateStoreSink& updates) override {
    for (const auto& node : nodes_) node->drains.attach(drains);
    nodes_[0]->updates.attach(updates);
  }
  void run_until(const std::function<bool()>& done) override { world_.run_until(done); }
  void reopen() override {
    nodes_.clear();
    world_.crash_postgres();
    world_.start_postgres();
    open();
  }

 private:
  void open() {
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      nodes_.push_back(std::make_unique<sim::TestNode>(world_, worker + 1));
    }
  }

  sim::ServicesWorld world_;
  std::vector<std::unique_ptr<sim::TestNode>> nodes_;
};

std::unique_ptr<DrainWorld> make_drain_world() { return std::make_unique<PostgresDrainWorld>(); }

INSTANTIATE_TEST_SUITE_P(SimulatedPostgres, DrainConformance, testing::Values(make_drain_world));

}  // namespace
}  // namespace syncline::conformance
