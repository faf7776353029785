#include "faults/plan/timeline.h"

#include <algorithm>

#include "faults/plan/fault_kind.h"
#include "faults/plan/fault_parts.h"
#include "faults/plan/party_name.h"

namespace syncline::faults {
namespace {

constexpr std::string_view everybody = "everybody";

bool is_clock_fault(FaultKind kind) {
  return kind == FaultKind::skew || kind == FaultKind::drift || kind == FaultKind::freeze ||
         kind == FaultKind::strobe;
}

// Whether nobody in the cluster can do without it.
bool is_shared(const std::string& name) {
  const std::optional<PartyName> party = parse_party(name);
  if (!party.has_value()) return false;
  switch (party->role) {
    case Role::gateway:
    case Role::redis:
    case Role::postgres:
    case Role::store:
      return true;
    case Role::client:
    case Role::node:
    case Role::worker:
      return party->is_group();
  }
  return false;
}

// A link is shared if no party at either end has another one to go by.
bool stops_everybody(const PlanCluster& cluster, const Fault& fault) {
  if (is_clock_fault(fault.kind) || fault.kind == FaultKind::rolling_restart) return false;
  if (cluster.nodes == 1 && fault.target.starts_with("node")) return true;
  return is_shared(fault.target) && (fault.other.empty() || is_shared(fault.other));
}

}  // namespace

Timeline::Timeline(const PlanCluster& cluster, Duration healthy_min)
    : cluster_(cluster), healthy_min_(healthy_min) {}

std::vector<Timeline::Claim> Timeline::claims_of(const Fault& fault) const {
  const bool of_clock = is_clock_fault(fault.kind);
  std::vector<Claim> claims;
  for (const FaultPart& part : parts_of(cluster_, fault)) {
    std::string whom = part.fault.target;
    if (of_clock) whom = "clock of " + whom;
    if (!part.fault.other.empty()) {
      whom = std::min(part.fault.target, part.fault.other) + " - " +
             std::max(part.fault.target, part.fault.other);
    }
    const Duration begin = fault.trigger.at + part.offset;
    const Duration most = of_clock ? cluster_.load : cluster_.load / 3;
    claims.push_back({std::move(whom), {begin, begin + part.fault.duration}, most});
  }
  if (stops_everybody(cluster_, fault)) {
    const Span span{fault.trigger.at, fault.trigger.at + fault.duration};
    claims.push_back({std::string(everybody), span, cluster_.load / 2});
  }
  return claims;
}

bool Timeline::has_room_for(const Claim& claim) const {
  Duration used = claim.span.end - claim.span.begin;
  const auto found = taken_.find(claim.whom);
  if (found == taken_.end()) return used <= claim.most;
  const bool one_at_a_time = claim.whom != everybody;
  for (const Span& other : found->second) {
    used += other.end - other.begin;
    const bool apart = claim.span.begin >= other.end + healthy_min_ ||
                       other.begin >= claim.span.end + healthy_min_;
    if (one_at_a_time && !apart) return false;
  }
  return used <= claim.most;
}

bool Timeline::reserve(const Fault& fault) {
  const std::vector<Claim> claims = claims_of(fault);
  const bool room = std::all_of(claims.begin(), claims.end(),
                                [this](const Claim& claim) { return has_room_for(claim); });
  if (!room) return false;
  for (const Claim& claim : claims) taken_[claim.whom].push_back(claim.span);
  return true;
}

}  // namespace syncline::faults
