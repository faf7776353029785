#pragma once

#include <cstdint>

namespace syncline::ports {

// Random numbers for jitter and identifiers. Implementations: adapters/system (from the operating
// system), tests/world (from the run's seed).
class Random {
 public:
  virtual ~Random() = default;

  // Uniform over all 64-bit values.
  virtual std::uint64_t next() = 0;

  // Uniform over [0, bound). REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    // Lemire's multiply-shift; the bias of 2^-64 * bound does not matter for jitter.
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }
};

}  // namespace syncline::ports
