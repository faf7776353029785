#include "server/adapters/system/system_random.h"

#include <bit>

#include <sys/random.h>

#include "server/base/assert.h"

namespace syncline::adapters {

SystemRandom::SystemRandom() {
  // At most 256 bytes are never cut short; before the kernel's pool is ready the call waits.
  const ssize_t filled = getrandom(state_.data(), sizeof state_, 0);
  SYNCLINE_ASSERT(filled == static_cast<ssize_t>(sizeof state_), filled);
  state_[0] |= 1;
}

// Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021).
std::uint64_t SystemRandom::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

}  // namespace syncline::adapters
