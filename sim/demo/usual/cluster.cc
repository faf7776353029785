#include "sim/demo/usual/cluster.h"

#include "faults/plan/fault_kind.h"
#include "faults/plan/party_name.h"
#include "faults/plan/printer.h"

namespace syncline::demo {
namespace {

// Long enough for polls, snapshots and reconnecting to be over.
constexpr Duration time_to_settle = seconds(60);

history::FaultStage stage_of(faults::FaultStage stage) {
  switch (stage) {
    case faults::FaultStage::armed:
      return history::FaultStage::armed;
    case faults::FaultStage::fired:
      return history::FaultStage::fired;
    case faults::FaultStage::observed:
      return history::FaultStage::observed;
    case faults::FaultStage::healed:
      return history::FaultStage::healed;
  }
  return history::FaultStage::armed;
}

}  // namespace

UsualCluster::UsualCluster(const faults::FaultPlan& plan, const UsualSetting& setting,
                           const Workload& workload, const sim::NetworkSetting& network,
                           picture::HistoryScene* scene)
    : plan_(plan),
      workload_(workload),
      scheduler_(plan.seed),
      journal_(scheduler_, workload, scene),
      network_(scheduler_, plan.seed, network, scene == nullptr ? nullptr : this),
      database_(scheduler_, network_, journal_, plan.seed, plan.cluster.documents),
      balancer_(setting, scheduler_),
      executor_(*this, *this) {
  for (std::uint32_t node = 1; node <= plan.cluster.nodes; ++node) {
    servers_.push_back(
        std::make_unique<UsualServer>(node, setting, scheduler_, network_, database_, journal_));
    balancer_.add(*servers_.back());
  }
}

Observations UsualCluster::run() {
  build();
  for (PressNumber i = 0; i < workload_.presses.size(); ++i) {
    const Press& press = workload_.presses[i];
    scheduler_.at({press.at}, [this, i, &press] { browsers_[press.client - 1]->press(i); });
  }
  executor_.start(plan_);
  walk_plan();
  scheduler_.run_until({plan_.cluster.load});
  executor_.finish(scheduler_.now().since_start);
  journal_.tell(history::Healed{});
  scheduler_.run_until({plan_.cluster.load + time_to_settle});
  journal_.tell(history::TimeIsUp{});
  for (std::uint32_t document = 0; document < plan_.cluster.documents; ++document) {
    for (const Paragraph& paragraph : database_.document(document)) {
      for (const PressNumber press : paragraph.presses) journal_.remains(press);
    }
  }
  return journal_.finish(plan_.cluster.load);
}

// Each client opens the document of its first press, as it does on the other side.
void UsualCluster::build() {
  std::vector<std::uint32_t> documents(plan_.cluster.clients, 0);
  for (auto press = workload_.presses.rbegin(); press != workload_.presses.rend(); ++press) {
    documents[press->client - 1] = press->document;
  }
  for (const auto& server : servers_) server->start();
  for (std::uint32_t client = 1; client <= plan_.cluster.clients; ++client) {
    clocks_.push_back(
        std::make_unique<sim::MachineClock>(scheduler_, sim::MachineClock::Setting{}));
    browsers_.push_back(std::make_unique<Browser>(client, documents[client - 1], scheduler_,
                                                  network_, balancer_, *clocks_.back(), journal_,
                                                  plan_.seed));
    browsers_.back()->open();
  }
}

void UsualCluster::walk_plan() {
  const Duration now = scheduler_.now().since_start;
  executor_.on_time(now);
  const Duration next = executor_.next_deadline();
  if (next <= plan_.cluster.load) scheduler_.at({next}, [this] { walk_plan(); });
}

// Faults.

bool UsualCluster::begin(const faults::Fault& fault) {
  if (set_clock(fault, true)) return true;
  UsualServer* const node = node_of(fault);
  if (node == nullptr || !node->running()) return false;
  if (fault.kind == faults::FaultKind::crash) {
    node->crash();
  } else if (fault.kind == faults::FaultKind::restart) {
    node->drain();
  } else {
    return false;
  }
  balancer_.on_change();
  return true;
}

void UsualCluster::end(const faults::Fault& fault) {
  if (set_clock(fault, false)) return;
  UsualServer* const node = node_of(fault);
  if (node == nullptr || node->running()) return;
  node->start();
  balancer_.on_change();
}

UsualServer* UsualCluster::node_of(const faults::Fault& fault) {
  const auto party = faults::parse_party(fault.target);
  if (!party || party->role != faults::Role::node) return nullptr;
  return servers_[party->number - 1].get();
}

sim::MachineClock* UsualCluster::clock_of(const faults::Fault& fault) {
  const auto party = faults::parse_party(fault.target);
  if (!party || party->role != faults::Role::client) return nullptr;
  return clocks_[party->number - 1].get();
}

bool UsualCluster::set_clock(const faults::Fault& fault, bool begins) {
  sim::MachineClock* const clock = clock_of(fault);
  if (clock == nullptr) return false;
  const auto amount = duration_cast<milliseconds>(fault.amount);
  switch (fault.kind) {
    case faults::FaultKind::skew:
      clock->skew_wall(begins ? amount : -amount);
      return true;
    case faults::FaultKind::drift:
      clock->set_drift(begins ? fault.ppm : 0);
      return true;
    case faults::FaultKind::freeze:
      clock->freeze_wall(begins);
      return true;
    default:
      return false;
  }
}

// The picture.

void UsualCluster::on_fault_stage(const faults::Fault& fault, faults::FaultStage stage) {
  journal_.tell(history::FaultChanged{fault.id, faults::fault_kind_info(fault.kind).name,
                                      faults::print_fault(fault), stage_of(stage)});
}

void UsualCluster::on_message_sent(std::uint64_t message, history::Party from, history::Party to,
                                   std::string_view what) {
  journal_.tell(history::MessageSent{message, from, to, what});
}

void UsualCluster::on_message_received(std::uint64_t message) {
  journal_.tell(history::MessageReceived{message});
}

void UsualCluster::on_message_lost(std::uint64_t message) {
  journal_.tell(history::MessageLost{message});
}

}  // namespace syncline::demo
