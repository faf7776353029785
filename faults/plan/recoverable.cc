#include "faults/plan/recoverable.h"

#include <algorithm>
#include <vector>

#include "faults/plan/fault_kind.h"
#include "faults/plan/option.h"
#include "faults/plan/party_name.h"
#include "server/base/assert.h"

namespace syncline::faults {
namespace {

// A process whose clock runs at half the speed needs twice the time.
constexpr std::int64_t slow_clock_ppm = -300'000;

Role role_of(const std::string& name) {
  const std::optional<PartyName> party = parse_party(name);
  SYNCLINE_ASSERT(party.has_value(), name);
  return party->role;
}

bool is_of_cluster(Role role) { return role != Role::client && role != Role::gateway; }

bool makes_redis_forget(const PlanCluster& cluster, const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::lose_tail:
    case FaultKind::failover:
    case FaultKind::flush:
      return true;
    case FaultKind::crash:
      return role_of(fault.target) == Role::redis && has_option(cluster, Option::everysec);
    default:
      return false;
  }
}

bool destroys_another_copy(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::crash:
    case FaultKind::restart:
      return role_of(fault.target) == Role::node || role_of(fault.target) == Role::client;
    case FaultKind::rolling_restart:
    case FaultKind::stale:
      return true;
    default:
      return false;
  }
}

// While it lasts, and for a while after it, what was destroyed before may still lack its copies.
bool keeps_from_recovering(const Fault& fault) {
  if (!is_of_cluster(role_of(fault.target))) return false;
  switch (fault.kind) {
    case FaultKind::skew:
    case FaultKind::freeze:
    case FaultKind::strobe:
    case FaultKind::drop_messages:
    case FaultKind::torn_snapshot:
      return false;
    case FaultKind::drift:
      return fault.ppm <= slow_clock_ppm;
    default:
      return !hits_link(fault.kind) || is_of_cluster(role_of(fault.other));
  }
}

struct Span {
  Duration begin;
  Duration end;
};

Span span_of(const PlanCluster& cluster, const Fault& fault) {
  const bool aimed = !fault.trigger.probe.empty();
  const Duration latest = aimed ? cluster.load : fault.trigger.at;
  return {fault.trigger.at, latest + fault.duration};
}

// When it can have begun and have been recovered from.
Span danger_of(const Span& fault, const std::vector<Span>& obstacles) {
  Span danger{fault.begin, fault.end + recovery_window};
  for (bool grew = true; grew;) {
    grew = false;
    for (const Span& obstacle : obstacles) {
      const bool touches = obstacle.begin < danger.end && obstacle.end > danger.begin;
      if (!touches || obstacle.end + recovery_window <= danger.end) continue;
      danger.end = obstacle.end + recovery_window;
      grew = true;
    }
  }
  return danger;
}

}  // namespace

bool is_recoverable(const FaultPlan& plan) {
  if (plan.cluster.durability == Durability::commit) return true;
  std::vector<Span> obstacles;
  for (const Fault& fault : plan.faults) {
    if (keeps_from_recovering(fault)) obstacles.push_back(span_of(plan.cluster, fault));
  }
  std::vector<Span> forgetting;
  std::vector<Span> destroying;
  for (const Fault& fault : plan.faults) {
    const Span danger = danger_of(span_of(plan.cluster, fault), obstacles);
    if (makes_redis_forget(plan.cluster, fault)) forgetting.push_back(danger);
    if (destroys_another_copy(fault)) destroying.push_back(danger);
  }
  const auto overlap = [](const Span& a, const Span& b) {
    return a.begin < b.end && b.begin < a.end;
  };
  return std::none_of(forgetting.begin(), forgetting.end(), [&](const Span& one) {
    return std::any_of(destroying.begin(), destroying.end(),
                       [&](const Span& other) { return overlap(one, other); });
  });
}

}  // namespace syncline::faults
