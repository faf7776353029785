#pragma once

#include "faults/plan/plan.h"
#include "faults/plan/profile.h"

namespace syncline::faults {

// The plan of a seed. The same seed and profile give the same plan, for ever on one version of this
// file, whatever the compiler.
//
// Swarm testing: each seed switches a random subset of fault kinds on, at random rates, on a
// cluster of random sizes and options. A run in which everything happens a little never comes to
// what happens when one thing happens a lot. Crashes are the most frequent, and most of them wait
// for an event that finds their target in the middle of something (aim.h).
//
// Each plan is recoverable (recoverable.h), leaves everybody time in between (timeline.h), and
// starts with a quiet while in which everybody connects and types, so that there is something to
// lose.
FaultPlan generate(std::uint64_t seed, Profile profile);

}  // namespace syncline::faults
