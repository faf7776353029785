#pragma once

#include "faults/plan/plan.h"
#include "sim/cli/run_summary.h"
#include "sim/run.h"

namespace syncline::sim {

// Runs a plan in this process, behind the tripwires, and takes the time.
RunSummary run_plan(const faults::FaultPlan& plan, const RunOptions& options);

// The same in a process of its own, which may die, or be ended after `time` (real).
RunSummary run_plan_apart(const faults::FaultPlan& plan, const RunOptions& options, Duration time);

}  // namespace syncline::sim
