#pragma once

#include <string>

#include "faults/plan/plan.h"
#include "server/base/result.h"

namespace syncline::sim {

// Reads a plan; the error says which file it was.
Result<faults::FaultPlan> read_plan_file(const std::string& path);

}  // namespace syncline::sim
