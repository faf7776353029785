#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "faults/executor.h"
#include "faults/fault_target.h"
#include "faults/plan/plan.h"
#include "sim/demo/observations.h"
#include "sim/demo/usual/browser.h"
#include "sim/demo/usual/database.h"
#include "sim/demo/usual/journal.h"
#include "sim/demo/usual/load_balancer.h"
#include "sim/demo/usual/server.h"
#include "sim/demo/usual/setting.h"
#include "sim/machine_clock.h"
#include "sim/simulated_network.h"

namespace syncline::demo {

// The usual architecture, whole: built from a plan's cluster, on the simulator's own scheduler,
// network and clocks; types what the workload says; suffers what the plan says. Once.
class UsualCluster final : public faults::FaultTarget,
                           public faults::FaultStageSink,
                           public sim::NetworkObserver {
 public:
  // `scene` may be null. All must outlive the cluster.
  UsualCluster(const faults::FaultPlan& plan, const UsualSetting& setting, const Workload& workload,
               const sim::NetworkSetting& network, picture::HistoryScene* scene);

  Observations run();
  // Marks in the scene where this press was acknowledged, and where it was lost.
  void point_at(PressNumber press) { journal_.point_at(press); }

  // FaultTarget: crash and restart of nodes, the clocks of clients. What else a plan may hold does
  // not happen here.
  bool begin(const faults::Fault& fault) override;
  void end(const faults::Fault& fault) override;
  void heal() override {}

  void on_fault_stage(const faults::Fault& fault, faults::FaultStage stage) override;

  void on_message_sent(std::uint64_t message, history::Party from, history::Party to,
                       std::string_view what) override;
  void on_message_received(std::uint64_t message) override;
  void on_message_lost(std::uint64_t message) override;
  void on_message_held(history::Party /*receiver*/) override {}
  void on_fault_noticed(std::uint32_t fault) override { executor_.on_observed(fault); }

 private:
  void build();
  void walk_plan();
  UsualServer* node_of(const faults::Fault& fault);
  sim::MachineClock* clock_of(const faults::Fault& fault);
  bool set_clock(const faults::Fault& fault, bool begins);

  const faults::FaultPlan& plan_;
  const Workload& workload_;
  sim::Scheduler scheduler_;
  Journal journal_;
  sim::SimulatedNetwork network_;
  UsualDatabase database_;
  LoadBalancer balancer_;
  std::vector<std::unique_ptr<UsualServer>> servers_;
  std::vector<std::unique_ptr<sim::MachineClock>> clocks_;  // Of clients.
  std::vector<std::unique_ptr<Browser>> browsers_;
  faults::Executor executor_;
};

}  // namespace syncline::demo
