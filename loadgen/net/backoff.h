#pragma once

#include <cstdint>

#include "server/base/instant.h"

namespace syncline::loadgen {

// How long a client waits before it tries again: as y-websocket, 100 ms, doubled with each failure
// in a row up to 2.5 s; and unlike it with jitter (between half of that and all of it), so that
// clients that lost the same server do not come back as one.
class Backoff {
 public:
  static constexpr Duration first = milliseconds(100);
  static constexpr Duration longest = milliseconds(2500);

  // The next delay. `random` is any number: its low bits place the delay in its range.
  Duration next(std::uint64_t random);
  // It worked: the next failure is a first one.
  void reset() { failures_ = 0; }

 private:
  std::uint32_t failures_ = 0;
};

}  // namespace syncline::loadgen
