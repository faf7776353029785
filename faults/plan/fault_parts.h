#pragma once

#include <vector>

#include "faults/plan/plan.h"

namespace syncline::faults {

// One of the things that a fault asks of its target.
struct FaultPart {
  Fault fault;         // Of one party or one link; with the number of the whole.
  Duration offset{0};  // How much later than the whole it begins.
};

// What a fault of the plan consists of: groups become their members, a rolling restart becomes one
// restart a node, each taking an equal share of the time: half of it down, half of it up again.
// REQUIRES: problem_of(cluster, fault) is nothing.
std::vector<FaultPart> parts_of(const PlanCluster& cluster, const Fault& fault);

}  // namespace syncline::faults
