#pragma once

#include <string>

#include "faults/plan/plan.h"

namespace syncline::faults {

// The plan as text: grammar.md. parse_plan() of it is the same plan again.
std::string print_plan(const FaultPlan& plan);

// One line of it, without its number: "at 10s crash node-1 for 2s".
std::string print_fault(const Fault& fault);

// "nodes=3 shards=1 durability=commit ...".
std::string print_cluster(const PlanCluster& cluster);

// "1st", "22nd".
std::string print_ordinal(std::uint32_t number);

}  // namespace syncline::faults
