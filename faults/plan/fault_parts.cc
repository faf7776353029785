#include "faults/plan/fault_parts.h"

#include <string>

#include "faults/plan/party_name.h"
#include "server/base/assert.h"

namespace syncline::faults {
namespace {

std::vector<std::string> members_of(const PlanCluster& cluster, const std::string& name) {
  const std::optional<PartyName> party = parse_party(name);
  SYNCLINE_ASSERT(party.has_value(), name);
  if (!party->is_group()) return {name};
  std::vector<std::string> members;
  for (std::uint32_t number = 1; number <= count_of(cluster, party->role); ++number) {
    members.push_back(print_party({party->role, number}));
  }
  return members;
}

std::vector<FaultPart> rolling_restart(const PlanCluster& cluster, const Fault& fault) {
  const Duration share = fault.duration / cluster.nodes;
  std::vector<FaultPart> parts;
  for (const std::string& node : members_of(cluster, "nodes")) {
    Fault restart = fault;
    restart.kind = FaultKind::restart;
    restart.target = node;
    restart.duration = share / 2;
    parts.push_back({std::move(restart), share * static_cast<std::int64_t>(parts.size())});
  }
  return parts;
}

}  // namespace

std::vector<FaultPart> parts_of(const PlanCluster& cluster, const Fault& fault) {
  if (fault.kind == FaultKind::rolling_restart) return rolling_restart(cluster, fault);
  const std::vector<std::string> no_other = {std::string()};
  std::vector<FaultPart> parts;
  for (const std::string& target : members_of(cluster, fault.target)) {
    for (const std::string& other :
         fault.other.empty() ? no_other : members_of(cluster, fault.other)) {
      FaultPart part{fault};
      part.fault.target = target;
      part.fault.other = other;
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

}  // namespace syncline::faults
