#pragma once

#include "faults/plan/plan.h"
#include "sim/demo/observations.h"

namespace syncline::demo {

// People who type in bursts: about three presses a second and person.
Workload typed_on(const faults::FaultPlan& plan);

}  // namespace syncline::demo
