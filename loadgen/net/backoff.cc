#include "loadgen/net/backoff.h"

#include <algorithm>

namespace syncline::loadgen {

Duration Backoff::next(std::uint64_t random) {
  constexpr std::uint32_t doublings_max = 5;  // 3.2 s, beyond the longest.
  const Duration full = std::min(longest, first * (1U << std::min(failures_, doublings_max)));
  ++failures_;
  const std::int64_t half = full.count() / 2;
  const std::uint64_t spread = random % (static_cast<std::uint64_t>(full.count() - half) + 1);
  return Duration(half + static_cast<std::int64_t>(spread));
}

}  // namespace syncline::loadgen
