#pragma once

#include <vector>

#include "faults/plan/plan.h"
#include "faults/plan/plan_random.h"

namespace syncline::faults {

// Partitions that are more than one link, as the link faults of which they consist. Nodes talk to
// each other only through what all of them share (Redis, PostgreSQL, the gateway), so these are
// partitions between nodes and that.
enum class Composite : std::uint8_t {
  isolate,  // One node can reach nobody.
  bridge,   // One half of the nodes has no Redis, the other no PostgreSQL; a node between has both.
  ring,     // Each node lacks another one of the services, in turn.
  swizzle,  // About half of all links go one by one, and come back in another order.
};

inline constexpr std::size_t composite_count = 4;

// Within [at, at + duration]. Empty if the cluster has no such partition. Their numbers are to be
// given.
std::vector<Fault> generate_composite(PlanRandom& random, const PlanCluster& cluster,
                                      Composite composite, Duration at, Duration duration);

}  // namespace syncline::faults
