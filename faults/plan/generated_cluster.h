#pragma once

#include "faults/plan/plan.h"
#include "faults/plan/plan_random.h"
#include "faults/plan/profile.h"

namespace syncline::faults {

// A cluster and its load, as a seed has them.
PlanCluster generate_cluster(PlanRandom& random, Profile profile);

}  // namespace syncline::faults
