#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "faults/plan/plan.h"
#include "sim/demo/measure.h"
#include "sim/demo/observations.h"
#include "sim/demo/usual/setting.h"

namespace syncline::demo {

enum class Side : std::uint8_t { usual, syncline };

// One of the eight failures of the usual architecture: how it is provoked, and what is measured.
struct Failure {
  int number;
  std::string_view name;
  std::string_view promise;  // That Syncline keeps, as one can measure it.

  // The cluster, what people do on it, and what is done to it, for a seed. Both sides get the same.
  faults::FaultPlan (*plan)(std::uint64_t seed);
  UsualSetting setting;
  // The same function for both sides.
  Measurement (*measure)(const Observations& seen, Side side, std::uint64_t seed);
};

extern const Failure failure_1_polling;
extern const Failure failure_2_clocks;
extern const Failure failure_3_snapshots;
extern const Failure failure_4_sticky;
extern const Failure failure_5_row_per_keystroke;
extern const Failure failure_6_cdn;

// In the order of their numbers.
std::array<const Failure*, 6> all_failures();

}  // namespace syncline::demo
