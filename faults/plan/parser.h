#pragma once

#include <string_view>

#include "faults/plan/plan.h"
#include "server/base/result.h"

namespace syncline::faults {

// Reads a plan: grammar.md. Faults are sorted by time; they keep the number of their line. The
// error's detail says where it is wrong, what was expected there, and shows the line:
//
//   line 4, column 8: expected a kind of fault (cut, partition, ...), found 'crsh'
//     at 10s crsh node-1 for 2s
//            ^
Result<FaultPlan> parse_plan(std::string_view text);

}  // namespace syncline::faults
