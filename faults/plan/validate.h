#pragma once

#include <optional>
#include <string>

#include "faults/plan/fault_kind.h"
#include "faults/plan/party_name.h"
#include "faults/plan/plan.h"

namespace syncline::faults {

// The most that a plan may ask for, so that a slip of the finger does not become a run of hours.
inline constexpr std::uint32_t plan_nodes_max = 9;
inline constexpr std::uint32_t plan_shards_max = 8;
inline constexpr std::uint32_t plan_workers_max = 9;
inline constexpr std::uint32_t plan_clients_max = 1'000;
inline constexpr std::uint32_t plan_documents_max = 100;
inline constexpr std::uint32_t plan_fault_id_max = 100'000;
inline constexpr Duration plan_load_max = std::chrono::hours(24);
inline constexpr std::int64_t plan_ppm_min = -900'000;   // A tenth of true speed.
inline constexpr std::int64_t plan_ppm_max = 9'000'000;  // Ten times true speed.

// Each of these: one sentence on what is wrong, without a full stop; nothing if nothing is.
std::optional<std::string> problem_of(const PlanCluster& cluster);
// REQUIRES: the cluster has no problem.
std::optional<std::string> problem_of(const PlanCluster& cluster, const Fault& fault);
// The first of all, and what can only be wrong between faults: a number that is given twice.
std::optional<std::string> problem_of(const FaultPlan& plan);

// Whether these two talk to each other in this cluster. Clients reach nodes through the gateway, if
// there is one; nodes do not talk to each other but through Redis.
bool are_linked(const PlanCluster& cluster, Role one, Role other);

}  // namespace syncline::faults
