#pragma once

#include "faults/plan/plan.h"
#include "server/base/instant.h"
#include "sim/checkers/memory.h"
#include "sim/services/redis.h"
#include "sim/shard_actor.h"
#include "sim/simulated_network.h"
#include "sim/worker.h"

namespace syncline::sim {

// What a plan's cluster and options mean for each part.
NetworkSetting network_setting(const faults::PlanCluster& cluster);
NodeSetting node_setting(const faults::PlanCluster& cluster);
WorkerSetting worker_setting(const faults::PlanCluster& cluster);
RedisSetting redis_setting(const faults::PlanCluster& cluster);
// Whether history ends: there is a worker for it, in nodes where no other is.
bool forgets(const faults::PlanCluster& cluster);

// What nodes may hold at any moment.
checkers::MemoryBounds memory_bounds(const faults::PlanCluster& cluster);

// How long it may take after the last fault until everything is connected, converged and quiet: the
// sum of everything that may have to be waited for, one thing after the other.
Duration time_to_converge(const faults::PlanCluster& cluster);
// How long it may then take until somebody who comes is connected and synced.
Duration time_to_join(const faults::PlanCluster& cluster);
// How long after everybody has left nothing may be left.
Duration time_to_forget(const faults::PlanCluster& cluster);

}  // namespace syncline::sim
