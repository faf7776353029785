#pragma once

#include <vector>

#include "faults/plan/plan.h"
#include "faults/plan/plan_random.h"

namespace syncline::faults {

// How wrong the clocks of a whole cluster are.
enum class ClockModel : std::uint8_t {
  perfect,
  ordinary,  // Milliseconds, and some parts in a million: NTP works.
  bad,       // Minutes, and percents: NTP does not.
  absurd,    // Years, half and triple speed, standing still: nobody ever set them.
};

// Faults that last from the beginning to the end of the load: of some clocks of the cluster, at
// most `count_max`. Their numbers are to be given.
std::vector<Fault> generate_clocks(PlanRandom& random, const PlanCluster& cluster, ClockModel model,
                                   std::size_t count_max);

// One clock fault that comes and goes, of what is wrong in this model: without its target, times
// and number. REQUIRES: kind is one of the clocks'.
void choose_clock_error(PlanRandom& random, ClockModel model, Fault& fault);

}  // namespace syncline::faults
