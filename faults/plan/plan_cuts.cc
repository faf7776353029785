#include "faults/plan/plan_cuts.h"

#include <algorithm>

#include "faults/plan/fault_kind.h"
#include "server/base/assert.h"

namespace syncline::faults {
namespace {

std::uint32_t& count_field(PlanCluster& cluster, Role role) {
  switch (role) {
    case Role::client:
      return cluster.clients;
    case Role::node:
      return cluster.nodes;
    case Role::worker:
      return cluster.workers;
    default:
      break;
  }
  SYNCLINE_ASSERT(false, static_cast<int>(role));
  return cluster.nodes;
}

bool is_beyond(const std::string& name, Role role, std::uint32_t count) {
  const std::optional<PartyName> party = parse_party(name);
  return party.has_value() && party->role == role && party->number > count;
}

}  // namespace

FaultPlan with_count(FaultPlan plan, Role role, std::uint32_t count, Misfits misfits) {
  count_field(plan.cluster, role) = count;
  if (misfits == Misfits::leave_out) {
    std::erase_if(plan.faults, [&](const Fault& fault) {
      return is_beyond(fault.target, role, count) || is_beyond(fault.other, role, count);
    });
    return plan;
  }
  const std::string last = print_party({role, count});
  for (Fault& fault : plan.faults) {
    if (is_beyond(fault.target, role, count)) fault.target = last;
    if (is_beyond(fault.other, role, count)) fault.other = last;
  }
  return plan;
}

FaultPlan with_load(FaultPlan plan, Duration load) {
  plan.cluster.load = load;
  std::erase_if(plan.faults, [load](const Fault& fault) { return fault.trigger.at >= load; });
  return plan;
}

std::vector<std::string> members_of_target(const PlanCluster& cluster, const Fault& fault) {
  const std::optional<PartyName> party = parse_party(fault.target);
  SYNCLINE_ASSERT(party.has_value(), fault.target);
  const bool must_be_all = fault_kind_info(fault.kind).hits == Hits::all_nodes;
  std::vector<std::string> members;
  if (!party->is_group() || must_be_all) return members;
  for (std::uint32_t number = 1; number <= count_of(cluster, party->role); ++number) {
    members.push_back(print_party({party->role, number}));
  }
  return members;
}

Duration rounded_up(Duration duration) {
  const bool negative = duration < Duration::zero();
  const std::int64_t value = negative ? -duration.count() : duration.count();
  std::int64_t unit = Duration(milliseconds(1)).count();
  while (value / unit >= 100) unit *= 10;
  const std::int64_t rounded = (value + unit - 1) / unit * unit;
  return Duration(negative ? -rounded : rounded);
}

}  // namespace syncline::faults
