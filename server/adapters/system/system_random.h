#pragma once

#include <array>
#include <cstdint>

#include "server/ports/random.h"

namespace syncline::adapters {

// A fast generator (xoshiro256**), seeded by the operating system. Good for jitter and for ids that
// must not collide; not for secrets. One for each shard: it is used by one thread at a time.
class SystemRandom final : public ports::Random {
 public:
  SystemRandom();

  std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 4> state_;  // Never all zero.
};

}  // namespace syncline::adapters
