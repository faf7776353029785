#pragma once

#include <cstdint>
#include <string_view>

#include "server/base/instant.h"
#include "server/ports/random.h"
#include "sim/trace.h"

namespace syncline::sim {

// Random numbers of one purpose (xoshiro256**, seeded by splitmix64). Each party and purpose of a
// run has a stream of its own, made from the run's seed and a name ("client-3", "typing"): leaving
// out one fault or one client while a plan is shrunk then shifts nobody else's draws.
class RandomStream final : public ports::Random {
 public:
  // While it lives, every draw of every stream is part of a trace.
  class Tap {
   public:
    // One at a time.
    explicit Tap(Trace& trace);
    ~Tap();

    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;
  };

  RandomStream(std::uint64_t seed, std::string_view party, std::string_view purpose);

  std::uint64_t next() override;

  // True in `percent` of 100 cases.
  bool chance(std::uint64_t percent) { return below(100) < percent; }
  // Uniform over [low, high]. REQUIRES: low <= high.
  Duration between(Duration low, Duration high);
  // Log-uniform over about [low, high]: as many draws in each octave. REQUIRES: 0 < low <= high.
  Duration log_between(Duration low, Duration high);

 private:
  std::uint64_t state_[4];
};

}  // namespace syncline::sim
