#pragma once

#include <optional>
#include <string>
#include <vector>

#include "faults/plan/plan.h"
#include "sim/demo/failure.h"
#include "sim/demo/observations.h"
#include "sim/picture/scene.h"

// The two sides of a failure, each from a seed to what was measured.

namespace syncline::demo {

struct SideResult {
  Measurement measurement;
  bool violated = false;
  std::string sentence;
  std::optional<picture::Scene> scene;  // If it was wanted.
};

// Syncline's own core in the simulated world. Also what people typed there: the other side gets the
// same keystrokes.
struct SynclineResult {
  SideResult result;
  Workload workload;
};
// Violated also if a checker of the simulator found anything.
SynclineResult run_syncline(const Failure& failure, std::uint64_t seed, bool with_scene);

// The usual architecture. Where there are faults, it is run without them too, and only what they
// made worse counts.
SideResult run_usual(const Failure& failure, std::uint64_t seed, const Workload& workload,
                     bool with_scene);

}  // namespace syncline::demo
