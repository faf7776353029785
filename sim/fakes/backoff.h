#pragma once

#include <algorithm>
#include <cstdint>

#include "server/base/instant.h"
#include "server/ports/random.h"

namespace syncline::sim {

// How long to wait before the next attempt to connect: doubled with each failure, and jittered, so
// that those who lost a service at once do not come back at once.
class Backoff {
 public:
  static constexpr Duration delay_min = milliseconds(50);
  static constexpr Duration delay_max = seconds(2);

  explicit Backoff(ports::Random& random) : random_(random) {}

  // The attempt failed. Returns between half of the delay and all of it.
  Duration next() {
    const Duration whole = delay_;
    delay_ = std::min(delay_ * 2, delay_max);
    const auto half = static_cast<std::uint64_t>(whole.count() / 2);
    return Duration(static_cast<std::int64_t>(half + random_.below(half + 1)));
  }
  void succeeded() { delay_ = delay_min; }

 private:
  ports::Random& random_;
  Duration delay_ = delay_min;
};

}  // namespace syncline::sim
