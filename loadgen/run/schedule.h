#pragma once

#include <cstddef>
#include <cstdint>

#include "loadgen/run/random.h"
#include "server/base/instant.h"

namespace syncline::loadgen {

enum class Arrivals : std::uint8_t {
  poisson,  // Independent people: gaps are exponentially distributed.
  uniform,  // A metronome: equal gaps, one writer after the other.
};

// When the next edit is due and whose it is. The schedule is fixed by its seed and waits for
// nobody: a server that is slow for a second finds a second's edits due, each counted from when it
// should have been made. A generator that waits for answers instead makes fewer edits just when
// they would have been slow, and never measures them (coordinated omission).
class Schedule {
 public:
  struct Options {
    double edits_per_second = 0;
    std::size_t writers = 0;
    Arrivals arrivals = Arrivals::poisson;
    std::uint64_t seed = 0;
    std::uint64_t stream = 0;  // Of several schedules of one seed.
  };
  struct Due {
    Duration at;  // Since the beginning of the schedule. Never decreases.
    std::size_t writer;
  };

  // REQUIRES: writers > 0 and edits_per_second > 0, or nothing is ever taken from it.
  explicit Schedule(const Options& options);

  // The first edit that has not been taken.
  const Due& next() const { return next_; }
  void take();

 private:
  void advance();

  const Options options_;
  Random random_;
  double at_ns_ = 0;
  std::uint64_t taken_ = 0;
  Due next_{};
};

}  // namespace syncline::loadgen
