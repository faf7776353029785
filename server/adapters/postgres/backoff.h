#pragma once

#include <algorithm>
#include <random>

#include "server/base/instant.h"

namespace syncline::adapters::postgres {

// How long to wait before connecting again: doubled with each failure, and jittered, so that all
// who lost the same server do not come back to it together.
class Backoff {
 public:
  Backoff(Duration min, Duration max) : min_(min), max_(max) {}

  void reset() { failures_ = 0; }

  // From half of the delay to all of it.
  Duration next() {
    const Duration longest = min_ * (std::int64_t{1} << std::min(failures_, 16));
    const Duration delay = std::min(longest, max_);
    ++failures_;
    std::uniform_int_distribution<Duration::rep> jitter(0, delay.count() / 2);
    return delay - delay / 2 + Duration(jitter(random_));
  }

 private:
  const Duration min_;
  const Duration max_;
  int failures_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace syncline::adapters::postgres
