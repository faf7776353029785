#pragma once

#include <cmath>
#include <cstdint>

namespace syncline::loadgen {

// splitmix64's finalizer: spreads any number over all bits.
constexpr std::uint64_t mixed(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

// A stream of random numbers that is the same on every machine for the same seed and stream: the
// standard library's distributions are not.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) : state_(mixed(seed) ^ mixed(~stream)) {}

  std::uint64_t next() { return mixed(state_ += 0x9E3779B97F4A7C15); }
  // REQUIRES: bound > 0. The bias is below one in 2^32 for the bounds that occur.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  // In (0, 1].
  double fraction() { return (static_cast<double>(next() >> 11) + 1) * 0x1p-53; }
  bool chance(double probability) { return fraction() <= probability; }
  // Exponentially distributed with mean 1: the gaps of a Poisson process.
  double exponential() { return -std::log(fraction()); }

 private:
  std::uint64_t state_;
};

}  // namespace syncline::loadgen
