#include "server/adapters/system/system_clock.h"

namespace syncline::adapters {

Instant SystemClock::now() const { return {std::chrono::steady_clock::now() - start_}; }

WallTime SystemClock::wall_now() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {duration_cast<milliseconds>(since_epoch)};
}

}  // namespace syncline::adapters
