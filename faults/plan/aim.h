#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "faults/plan/plan.h"

namespace syncline::faults {

// How often out of 100 a generated fault of this kind waits for an event instead of a time.
std::uint64_t aim_percent(FaultKind kind);

// The events that find the fault's target in the middle of something, as far as there is hope that
// they come on this cluster when faults of these kinds happen.
std::vector<std::string_view> events_for(const PlanCluster& cluster,
                                         std::span<const FaultKind> kinds, const Fault& fault);

// By default a snapshot is written after half a minute of activity: no short run sees one.
bool has_snapshots(const PlanCluster& cluster);

}  // namespace syncline::faults
