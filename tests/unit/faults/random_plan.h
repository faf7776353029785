#pragma once

#include <algorithm>

#include <rapidcheck.h>

#include "faults/plan/fault_kind.h"
#include "faults/plan/option.h"
#include "faults/plan/probe.h"
#include "faults/plan/validate.h"

namespace syncline::faults {

// Any plan that has no problem: not what the generator would make, but all that the grammar allows.

inline rc::Gen<PlanCluster> random_cluster() {
  return rc::gen::exec([] {
    PlanCluster cluster;
    cluster.embedded = *rc::gen::arbitrary<bool>();
    cluster.gateway = *rc::gen::arbitrary<bool>();
    cluster.nodes = cluster.embedded ? 1 : *rc::gen::inRange<std::uint32_t>(1, plan_nodes_max + 1);
    const bool buffer = !cluster.embedded && *rc::gen::arbitrary<bool>();
    cluster.durability = buffer ? Durability::buffer : Durability::commit;
    cluster.shards = *rc::gen::inRange<std::uint32_t>(1, plan_shards_max + 1);
    cluster.workers = *rc::gen::inRange<std::uint32_t>(1, plan_workers_max + 1);
    cluster.clients = *rc::gen::inRange<std::uint32_t>(1, 50);
    cluster.documents = *rc::gen::inRange<std::uint32_t>(1, 9);
    cluster.load = Duration(*rc::gen::inRange<std::int64_t>(1, Duration(seconds(90)).count()));
    cluster.edits = *rc::gen::inRange<std::uint32_t>(0, 9);
    for (const OptionInfo& option : all_options()) {
      const bool possible = !cluster.embedded || option.option != Option::everysec;
      if (possible && *rc::gen::arbitrary<bool>()) add_option(cluster, option.option);
    }
    return cluster;
  });
}

inline std::string random_party(Role role, std::uint32_t count) {
  const bool can_be_group = role == Role::node || role == Role::worker || role == Role::client;
  return print_party({role, *rc::gen::inRange<std::uint32_t>(can_be_group ? 0 : 1, count + 1)});
}

inline FaultTrigger random_trigger(const PlanCluster& cluster) {
  FaultTrigger trigger;
  trigger.at = Duration(*rc::gen::inRange<std::int64_t>(0, cluster.load.count()));
  if (*rc::gen::arbitrary<bool>()) return trigger;
  const std::size_t probe = *rc::gen::inRange<std::size_t>(0, all_probes().size());
  trigger.probe = std::string(all_probes()[probe].name);
  trigger.occurrence = *rc::gen::inRange<std::uint32_t>(1, 130);
  return trigger;
}

// May have a problem: the caller throws it away then.
inline Fault random_fault(const PlanCluster& cluster) {
  const auto role = [] { return static_cast<Role>(*rc::gen::inRange<std::size_t>(0, role_count)); };
  Fault fault;
  fault.kind = static_cast<FaultKind>(*rc::gen::inRange<std::size_t>(0, fault_kind_count));
  const FaultKindInfo& info = fault_kind_info(fault.kind);
  const Role target = role();
  fault.target = random_party(target, std::max(1U, count_of(cluster, target)));
  if (hits_link(fault.kind)) {
    const Role other = role();
    fault.other = random_party(other, std::max(1U, count_of(cluster, other)));
  }
  fault.trigger = random_trigger(cluster);
  if (info.lasts) fault.duration = Duration(*rc::gen::nonNegative<std::int64_t>());
  switch (info.parameter) {
    case Parameter::none:
      break;
    case Parameter::amount:
      fault.amount = Duration(*rc::gen::nonNegative<std::int64_t>());
      break;
    case Parameter::signed_amount:
      fault.amount =
          Duration(*rc::gen::inRange<std::int64_t>(-1'000'000'000'000, 1'000'000'000'000));
      break;
    case Parameter::ppm:
      fault.ppm = *rc::gen::inRange<std::int64_t>(plan_ppm_min, plan_ppm_max + 1);
      break;
    case Parameter::every:
      fault.every = *rc::gen::inRange<std::uint32_t>(1, 100);
      break;
  }
  return fault;
}

inline rc::Gen<FaultPlan> random_plan() {
  return rc::gen::exec([] {
    FaultPlan plan;
    plan.seed = *rc::gen::arbitrary<std::uint64_t>();
    plan.cluster = *random_cluster();
    std::uint32_t id = 0;
    for (int tries = *rc::gen::inRange(0, 60); tries > 0; --tries) {
      Fault fault = random_fault(plan.cluster);
      fault.id = id + *rc::gen::inRange<std::uint32_t>(1, 3);
      if (problem_of(plan.cluster, fault).has_value()) continue;
      id = fault.id;
      plan.faults.push_back(std::move(fault));
    }
    sort_by_time(plan);
    return plan;
  });
}

}  // namespace syncline::faults
