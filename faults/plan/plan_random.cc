#include "faults/plan/plan_random.h"

#include <bit>

#include "server/base/assert.h"

namespace syncline::faults {
namespace {

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char letter : text) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  }
  return hash;
}

std::uint64_t seed_of(std::string_view text, std::uint64_t index) {
  return mix(hash_of(text) + (index + 1) * golden);
}

PlanRandom::PlanRandom(std::uint64_t seed, std::string_view purpose)
    : state_(mix(mix(seed + golden) ^ hash_of(purpose))) {}

std::uint64_t PlanRandom::next() {
  state_ += golden;
  return mix(state_);
}

std::uint64_t PlanRandom::below(std::uint64_t bound) {
  SYNCLINE_ASSERT(bound > 0);
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
}

Duration PlanRandom::log_between(Duration low, Duration high) {
  SYNCLINE_ASSERT(low > Duration::zero() && low <= high, low.count(), high.count());
  const auto times = static_cast<std::uint64_t>(high / low);
  const auto octaves = static_cast<std::uint64_t>(std::bit_width(times));
  const std::uint64_t from = std::uint64_t{1} << below(octaves);
  const std::uint64_t to = from * 2 - 1 < times ? from * 2 - 1 : times;
  return low * static_cast<std::int64_t>(between(from, to));
}

}  // namespace syncline::faults
