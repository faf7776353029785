#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "server/base/instant.h"

namespace syncline::faults {

// Random numbers for making plans (splitmix64). Each purpose has a stream of its own, so that a
// change in how clusters are chosen does not change all faults.
class PlanRandom {
 public:
  PlanRandom(std::uint64_t seed, std::string_view purpose);

  std::uint64_t next();
  // Uniform over [0, bound). REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // True in `percent` of 100 cases.
  bool chance(std::uint64_t percent) { return below(100) < percent; }
  // Uniform over [low, high]. REQUIRES: low <= high.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  // Each octave of [low, high] is as likely as any other: short is as common as long. A multiple of
  // `low`. REQUIRES: 0 < low <= high.
  Duration log_between(Duration low, Duration high);

  template <class T>
  const T& pick(std::span<const T> from) {
    return from[below(from.size())];
  }

 private:
  std::uint64_t state_;
};

// A hash of a text: FNV-1a.
std::uint64_t hash_of(std::string_view text);

// The index-th seed of a commit, or of any other text: new with every commit, and the same for
// everybody who has it.
std::uint64_t seed_of(std::string_view text, std::uint64_t index);

}  // namespace syncline::faults
