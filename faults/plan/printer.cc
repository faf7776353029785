#include "faults/plan/printer.h"

#include "faults/plan/duration_text.h"
#include "faults/plan/fault_kind.h"

namespace syncline::faults {
namespace {

std::string print_trigger(const FaultTrigger& trigger) {
  if (trigger.probe.empty()) return "at " + print_duration(trigger.at);
  std::string text = "when ";
  if (trigger.occurrence != 1) text += print_ordinal(trigger.occurrence) + " ";
  text += trigger.probe;
  if (trigger.at != Duration::zero()) text += " after " + print_duration(trigger.at);
  return text;
}

std::string print_target(const Fault& fault) {
  switch (fault_kind_info(fault.kind).hits) {
    case Hits::link:
      return fault.target + " - " + fault.other;
    case Hits::direction:
      return fault.target + " > " + fault.other;
    case Hits::party:
    case Hits::all_nodes:
      return fault.target;
  }
  return {};
}

std::string print_parameter(const Fault& fault) {
  switch (fault_kind_info(fault.kind).parameter) {
    case Parameter::none:
      return "";
    case Parameter::amount:
      return " " + print_duration(fault.amount);
    case Parameter::signed_amount:
      return (fault.amount < Duration::zero() ? " " : " +") + print_duration(fault.amount);
    case Parameter::ppm:
      return " " + std::to_string(fault.ppm) + "ppm";
    case Parameter::every:
      return " every " + std::to_string(fault.every);
  }
  return {};
}

}  // namespace

std::string print_ordinal(std::uint32_t number) {
  const std::uint32_t ones = number % 10;
  const bool teens = number / 10 % 10 == 1;
  const char* ending = "th";
  if (!teens && ones == 1) ending = "st";
  if (!teens && ones == 2) ending = "nd";
  if (!teens && ones == 3) ending = "rd";
  return std::to_string(number) + ending;
}

std::string print_fault(const Fault& fault) {
  const FaultKindInfo& info = fault_kind_info(fault.kind);
  std::string line = print_trigger(fault.trigger);
  line += " ";
  line += info.name;
  line += " " + print_target(fault) + print_parameter(fault);
  if (info.lasts) line += " for " + print_duration(fault.duration);
  return line;
}

std::string print_cluster(const PlanCluster& cluster) {
  const bool buffer = cluster.durability == Durability::buffer;
  std::string line = "nodes=" + std::to_string(cluster.nodes);
  line += " shards=" + std::to_string(cluster.shards);
  if (buffer || cluster.workers != PlanCluster{}.workers) {
    line += " workers=" + std::to_string(cluster.workers);
  }
  line += buffer ? " durability=buffer" : " durability=commit";
  if (cluster.embedded) line += " store=embedded";
  if (!cluster.gateway) line += " gateway=off";
  line += " clients=" + std::to_string(cluster.clients);
  line += " documents=" + std::to_string(cluster.documents);
  line += " load=" + print_duration(cluster.load);
  if (cluster.edits != 0) line += " edits=" + std::to_string(cluster.edits);
  for (std::size_t at = 0; at < cluster.options.size(); ++at) {
    line += (at == 0 ? " options=" : ",") + cluster.options[at];
  }
  return line;
}

std::string print_plan(const FaultPlan& plan) {
  std::string text = "seed " + std::to_string(plan.seed) + "\n";
  text += "cluster " + print_cluster(plan.cluster) + "\n";
  if (!plan.faults.empty()) text += "\n";
  std::uint32_t previous = 0;
  for (const Fault& fault : plan.faults) {
    if (fault.id != previous + 1) text += std::to_string(fault.id) + ": ";
    text += print_fault(fault) + "\n";
    previous = fault.id;
  }
  return text;
}

}  // namespace syncline::faults
