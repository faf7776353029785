#pragma once

#include "server/base/instant.h"

namespace syncline::ports {

// Time, as this process sees it. Implementations: adapters/system, tests/world.
class Clock {
 public:
  virtual ~Clock() = default;

  // Monotonic; the same value may come twice, an earlier one never.
  virtual Instant now() const = 0;

  // The time of day, for display and for `updated_at` columns only.
  virtual WallTime wall_now() const = 0;
};

}  // namespace syncline::ports
