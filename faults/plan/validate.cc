#include "faults/plan/validate.h"

#include <algorithm>
#include <set>

#include "faults/plan/duration_text.h"
#include "faults/plan/option.h"
#include "faults/plan/probe.h"

namespace syncline::faults {
namespace {

using Problem = std::optional<std::string>;

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

Problem out_of_range(std::string_view what, std::uint32_t value, std::uint32_t low,
                     std::uint32_t high) {
  if (value >= low && value <= high) return {};
  return std::string(what) + "=" + std::to_string(value) + " is not between " +
         std::to_string(low) + " and " + std::to_string(high);
}

Problem problem_of_options(const PlanCluster& cluster) {
  for (const std::string& option : cluster.options) {
    if (!parse_option(option).has_value()) return "there is no option " + in_quotes(option);
  }
  const bool ascending = std::is_sorted(cluster.options.begin(), cluster.options.end());
  const auto twice = std::adjacent_find(cluster.options.begin(), cluster.options.end());
  if (!ascending) return "the options are not in alphabetical order";
  if (twice != cluster.options.end()) return "the option " + in_quotes(*twice) + " is given twice";
  if (cluster.embedded && has_option(cluster, Option::everysec)) {
    return "the option 'everysec' is about Redis, which store=embedded has not";
  }
  return {};
}

Problem problem_of_party(const PlanCluster& cluster, std::string_view text) {
  const std::optional<PartyName> party = parse_party(text);
  if (!party.has_value()) return in_quotes(text) + " is nobody in a cluster";
  const std::uint32_t count = count_of(cluster, party->role);
  if (count == 0) {
    switch (party->role) {
      case Role::gateway:
        return "there is no gateway with gateway=off";
      case Role::worker:
        if (cluster.durability == Durability::buffer) return "the cluster has no workers";
        return "there are no workers without durability=buffer";
      case Role::redis:
      case Role::postgres:
        return "there is no " + std::string(text) + " with store=embedded";
      case Role::store:
        return "there is no store without store=embedded; it is postgres";
      case Role::client:
      case Role::node:
        break;
    }
    return "there is no " + std::string(text);
  }
  if (party->number > count) {
    return "there is no " + std::string(text) + "; the last is " +
           print_party({party->role, count});
  }
  return {};
}

Problem problem_of_link(const PlanCluster& cluster, const Fault& fault) {
  if (const Problem problem = problem_of_party(cluster, fault.other)) return problem;
  const Role one = parse_party(fault.target)->role;
  const Role other = parse_party(fault.other)->role;
  if (are_linked(cluster, one, other)) return {};
  if (one == Role::node && other == Role::node) {
    return "nodes do not talk to each other but through redis";
  }
  if ((one == Role::client && other == Role::node) ||
      (one == Role::node && other == Role::client)) {
    return "clients reach nodes through the gateway, unless there is gateway=off";
  }
  return fault.target + " and " + fault.other + " do not talk to each other";
}

Problem problem_of_target(const PlanCluster& cluster, const Fault& fault) {
  const FaultKindInfo& info = fault_kind_info(fault.kind);
  if (const Problem problem = problem_of_party(cluster, fault.target)) return problem;
  if (hits_link(fault.kind)) return problem_of_link(cluster, fault);
  if (!fault.other.empty()) return std::string(info.name) + " has one target, not two";
  if (info.hits == Hits::all_nodes && fault.target != "nodes") {
    return std::string(info.name) + " is of all 'nodes'";
  }
  if (!info.roles.contains(parse_party(fault.target)->role)) {
    return std::string(info.name) + " cannot happen to " + fault.target;
  }
  return {};
}

Problem problem_of_parameter(const Fault& fault) {
  const FaultKindInfo& info = fault_kind_info(fault.kind);
  const std::string kind(info.name);
  const bool has_amount =
      info.parameter == Parameter::amount || info.parameter == Parameter::signed_amount;
  if (!has_amount && fault.amount != Duration::zero()) return kind + " takes no amount";
  if (info.parameter != Parameter::ppm && fault.ppm != 0) return kind + " takes no ppm";
  if (info.parameter != Parameter::every && fault.every != 1) return kind + " takes no 'every'";
  switch (info.parameter) {
    case Parameter::none:
      return {};
    case Parameter::amount:
      if (fault.amount < Duration::zero()) return kind + " cannot be by less than nothing";
      return {};
    case Parameter::signed_amount:
      return {};
    case Parameter::ppm:
      if (fault.ppm >= plan_ppm_min && fault.ppm <= plan_ppm_max) return {};
      return "a clock drifts by " + std::to_string(plan_ppm_min) + "ppm to " +
             std::to_string(plan_ppm_max) + "ppm";
    case Parameter::every:
      if (fault.every == 0) return "'every 0' is never; every 1 is each";
      return {};
  }
  return {};
}

Problem problem_of_trigger(const PlanCluster& cluster, const FaultTrigger& trigger) {
  if (trigger.at < Duration::zero()) return "a fault cannot begin before the run";
  if (trigger.at >= cluster.load) {
    return "it would begin at " + print_duration(trigger.at) + ", when the load of " +
           print_duration(cluster.load) + " is over";
  }
  if (trigger.occurrence == 0) return "there is no 0th occurrence; the first is the 1st";
  if (trigger.probe.empty()) {
    return trigger.occurrence == 1 ? Problem{} : "a time has no occurrences";
  }
  const ProbeInfo* probe = find_probe(trigger.probe);
  if (probe == nullptr) return "there is no event " + in_quotes(trigger.probe);
  if (probe->needs_buffer && cluster.durability != Durability::buffer) {
    return in_quotes(trigger.probe) + " never happens without durability=buffer";
  }
  if (probe->needs_services && cluster.embedded) {
    return in_quotes(trigger.probe) + " never happens with store=embedded";
  }
  return {};
}

Problem problem_of_duration(const Fault& fault) {
  const FaultKindInfo& info = fault_kind_info(fault.kind);
  if (fault.duration < Duration::zero()) return "a fault cannot last less than nothing";
  if (!info.lasts && fault.duration != Duration::zero()) {
    return std::string(info.name) + " is over at once; it has no 'for'";
  }
  return {};
}

}  // namespace

bool are_linked(const PlanCluster& cluster, Role one, Role other) {
  if (one > other) std::swap(one, other);
  if (count_of(cluster, one) == 0 || count_of(cluster, other) == 0) return false;
  switch (one) {
    case Role::client:
      return other == (cluster.gateway ? Role::gateway : Role::node);
    case Role::gateway:
      return other == Role::node;
    case Role::node:
    case Role::worker:
      return other == Role::redis || other == Role::postgres;
    case Role::redis:
    case Role::postgres:
    case Role::store:
      return false;
  }
  return false;
}

Problem problem_of(const PlanCluster& cluster) {
  const bool buffer = cluster.durability == Durability::buffer;
  const struct {
    std::string_view what;
    std::uint32_t value;
    std::uint32_t low;
    std::uint32_t high;
  } ranges[] = {
      {"nodes", cluster.nodes, 1, plan_nodes_max},
      {"shards", cluster.shards, 1, plan_shards_max},
      {"workers", cluster.workers, buffer ? 1U : 0U, plan_workers_max},
      {"clients", cluster.clients, 1, plan_clients_max},
      {"documents", cluster.documents, 1, plan_documents_max},
  };
  for (const auto& range : ranges) {
    if (const Problem problem = out_of_range(range.what, range.value, range.low, range.high)) {
      return problem;
    }
  }
  if (cluster.load <= Duration::zero() || cluster.load > plan_load_max) {
    return "load=" + print_duration(cluster.load) + " is not between 1ns and " +
           print_duration(plan_load_max);
  }
  if (cluster.embedded && cluster.nodes != 1) return "store=embedded has one node";
  if (cluster.embedded && buffer) return "store=embedded has no durability=buffer";
  return problem_of_options(cluster);
}

Problem problem_of(const PlanCluster& cluster, const Fault& fault) {
  if (fault.id == 0 || fault.id > plan_fault_id_max) {
    return "faults are numbered from 1 to " + std::to_string(plan_fault_id_max);
  }
  if (const Problem problem = problem_of_target(cluster, fault)) return problem;
  if (const Problem problem = problem_of_parameter(fault)) return problem;
  if (const Problem problem = problem_of_duration(fault)) return problem;
  return problem_of_trigger(cluster, fault.trigger);
}

Problem problem_of(const FaultPlan& plan) {
  if (const Problem problem = problem_of(plan.cluster)) return problem;
  std::set<std::uint32_t> ids;
  for (const Fault& fault : plan.faults) {
    const std::string which = "fault " + std::to_string(fault.id) + ": ";
    if (!ids.insert(fault.id).second) return which + "the number is taken";
    if (const Problem problem = problem_of(plan.cluster, fault)) return which + *problem;
  }
  return {};
}

}  // namespace syncline::faults
