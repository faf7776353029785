#include "sim/random_stream.h"

#include <bit>

#include "server/base/assert.h"

namespace syncline::sim {
namespace {

// The one thing in the simulator that is not a member of a run: streams are made in many places,
// and none may be forgotten.
constinit Trace* tapped_by = nullptr;

std::uint64_t splitmix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// FNV-1a; the ending sign keeps "ab" "c" and "a" "bc" apart.
std::uint64_t add_name(std::uint64_t hash, std::string_view name) {
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return (hash ^ 0xff) * 0x100000001b3ULL;
}

}  // namespace

RandomStream::Tap::Tap(Trace& trace) {
  SYNCLINE_ASSERT(tapped_by == nullptr);
  tapped_by = &trace;
}

RandomStream::Tap::~Tap() { tapped_by = nullptr; }

RandomStream::RandomStream(std::uint64_t seed, std::string_view party, std::string_view purpose) {
  std::uint64_t state = add_name(add_name(seed ^ 0xcbf29ce484222325ULL, party), purpose);
  for (std::uint64_t& word : state_) word = splitmix(state);
}

std::uint64_t RandomStream::next() {
  const std::uint64_t value = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  if (tapped_by != nullptr) tapped_by->draw(value);
  return value;
}

Duration RandomStream::between(Duration low, Duration high) {
  SYNCLINE_ASSERT(low <= high, low.count(), high.count());
  const auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
  return low + Duration(static_cast<Duration::rep>(below(span)));
}

Duration RandomStream::log_between(Duration low, Duration high) {
  SYNCLINE_ASSERT(Duration::zero() < low && low <= high, low.count(), high.count());
  // An octave first, then a place in it; integers only.
  Duration top = low;
  std::uint64_t octaves = 1;
  while (top <= high / 2) {
    top *= 2;
    ++octaves;
  }
  const Duration from = low * (std::int64_t{1} << below(octaves));
  return between(from, from > high / 2 ? high : from * 2);
}

}  // namespace syncline::sim
