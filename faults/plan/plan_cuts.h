#pragma once

#include <string>
#include <vector>

#include "faults/plan/party_name.h"
#include "faults/plan/plan.h"

// Smaller plans made of a plan, for the shrinker.

namespace syncline::faults {

// What becomes of faults that name somebody who is no longer there.
enum class Misfits : std::uint8_t {
  leave_out,
  move,  // They hit the last one that is left.
};

// With so many of this role. REQUIRES: role is client, node or worker.
FaultPlan with_count(FaultPlan plan, Role role, std::uint32_t count, Misfits misfits);

// With this much load, and without the faults that would begin after it.
FaultPlan with_load(FaultPlan plan, Duration load);

// The members of the group that the fault's target is; none if it is none, or must be one.
std::vector<std::string> members_of_target(const PlanCluster& cluster, const Fault& fault);

// Up to two digits or whole milliseconds, whichever is coarser: times that a person can read.
Duration rounded_up(Duration duration);

}  // namespace syncline::faults
