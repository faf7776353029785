#pragma once

#include <algorithm>
#include <cstdint>

#include "server/base/instant.h"
#include "server/ports/random.h"

namespace syncline::adapters::redis {

// How long to wait before the next attempt to connect: doubled with each failure, and jittered, so
// that those who lost a service at once do not come back at once.
class Backoff {
 public:
  Backoff(ports::Random& random, Duration delay_min, Duration delay_max)
      : random_(random), delay_min_(delay_min), delay_max_(delay_max), delay_(delay_min) {}

  // The attempt failed. Returns between half of the delay and all of it.
  Duration next() {
    const Duration whole = delay_;
    delay_ = std::min(delay_ * 2, delay_max_);
    const auto half = static_cast<std::uint64_t>(whole.count() / 2);
    return Duration(static_cast<std::int64_t>(half + random_.below(half + 1)));
  }
  void succeeded() { delay_ = delay_min_; }

 private:
  ports::Random& random_;
  const Duration delay_min_;
  const Duration delay_max_;
  Duration delay_;
};

}  // namespace syncline::adapters::redis
