#include "faults/plan/aim.h"

#include <algorithm>

#include "faults/plan/option.h"
#include "faults/plan/party_name.h"
#include "faults/plan/probe.h"

namespace syncline::faults {
namespace {

std::vector<std::string_view> events_of(Role role) {
  switch (role) {
    case Role::client:
      return {probe::client_reconnects, probe::append_arrives};
    case Role::gateway:
      return {probe::client_reconnects, probe::node_drains};
    case Role::node:
      return {probe::append_arrives, probe::commit_starts,   probe::commit_done,
              probe::snapshot_read,  probe::log_read,        probe::snapshot_write_starts,
              probe::redis_forgets,  probe::redis_reconnect, probe::node_drains,
              probe::node_starts};
    case Role::worker:
      return {probe::claim, probe::drain_starts, probe::drain_commit, probe::trim,
              probe::snapshot_write_starts};
    case Role::redis:
      return {probe::append_arrives,  probe::claim,       probe::trim,
              probe::redis_reconnect, probe::node_drains, probe::drain_commit};
    case Role::postgres:
    case Role::store:
      return {probe::commit_starts, probe::commit_done, probe::drain_commit,
              probe::snapshot_write_starts};
  }
  return {};
}

// Whether there is any hope of this event, as far as that can be known.
bool can_come(const PlanCluster& cluster, std::span<const FaultKind> kinds,
              std::string_view event) {
  const ProbeInfo& info = *find_probe(event);
  if (info.needs_buffer && cluster.durability == Durability::commit) return false;
  if (info.needs_services && cluster.embedded) return false;
  if (event == probe::snapshot_write_starts) return has_snapshots(cluster);
  const auto is_on = [&kinds](FaultKind kind) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  };
  const bool restarts = is_on(FaultKind::restart) || is_on(FaultKind::rolling_restart);
  const bool forgets =
      is_on(FaultKind::lose_tail) || is_on(FaultKind::failover) || is_on(FaultKind::flush);
  if (event == probe::node_drains) return restarts;
  if (event == probe::node_starts) return restarts || is_on(FaultKind::crash);
  if (event == probe::redis_forgets) return forgets;
  if (event == probe::redis_reconnect) return forgets || is_on(FaultKind::cut);
  return true;
}

}  // namespace

std::uint64_t aim_percent(FaultKind kind) {
  switch (kind) {
    case FaultKind::crash:
      return 60;
    case FaultKind::lose_tail:
    case FaultKind::failover:
    case FaultKind::flush:
    case FaultKind::pause:
    case FaultKind::suspend:
      return 40;
    case FaultKind::cut:
    case FaultKind::partition:
    case FaultKind::one_way:
    case FaultKind::restart:
      return 25;
    default:
      return 0;
  }
}

bool has_snapshots(const PlanCluster& cluster) {
  return has_option(cluster, Option::short_intervals) || cluster.load >= seconds(60);
}

std::vector<std::string_view> events_for(const PlanCluster& cluster,
                                         std::span<const FaultKind> kinds, const Fault& fault) {
  std::vector<std::string_view> events = events_of(parse_party(fault.target)->role);
  std::erase_if(events, [&](std::string_view event) { return !can_come(cluster, kinds, event); });
  return events;
}

}  // namespace syncline::faults
