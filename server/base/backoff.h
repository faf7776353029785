#pragma once

#include <algorithm>
#include <cstdint>

#include "server/base/instant.h"

namespace syncline {

// How long to wait before the next attempt at something that failed: doubled with each failure, and
// jittered, so that those who lost a service at once do not come back to it at once.
class Backoff {
 public:
  // REQUIRES: 0 < min <= max.
  constexpr Backoff(Duration min, Duration max) : min_(min), max_(max), delay_(min) {}

  // The attempt failed. Returns between half of the delay and all of it, as `random`, uniform over
  // all 64-bit values, says.
  constexpr Duration next(std::uint64_t random) {
    const Duration whole = delay_;
    delay_ = delay_ > max_ / 2 ? max_ : delay_ * 2;
    const auto half = static_cast<std::uint64_t>(whole.count() / 2);
    const std::uint64_t least = static_cast<std::uint64_t>(whole.count()) - half;
    __extension__ using Wide = unsigned __int128;
    const auto more = static_cast<std::uint64_t>((static_cast<Wide>(random) * (half + 1)) >> 64);
    return Duration(static_cast<Duration::rep>(least + more));
  }
  // It worked: the next failure is a first one.
  constexpr void reset() { delay_ = min_; }

 private:
  Duration min_;
  Duration max_;
  Duration delay_;
};

}  // namespace syncline
