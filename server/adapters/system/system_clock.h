#pragma once

#include <chrono>

#include "server/base/instant.h"
#include "server/ports/clock.h"

namespace syncline::adapters {

// The clocks of this machine. Instants count from the construction, so that they are short to read
// in logs: make one a process, early, and share it. May be called from any thread.
class SystemClock final : public ports::Clock {
 public:
  Instant now() const override;
  WallTime wall_now() const override;

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace syncline::adapters
