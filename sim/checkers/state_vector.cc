#include "sim/checkers/state_vector.h"

#include <algorithm>

#include "server/lib0/decoder.h"

namespace syncline::checkers {

bool StateVector::read(BytesView bytes) {
  entries_.clear();
  lib0::Decoder in(bytes);
  std::uint64_t count = 0;
  if (!in.take_var_uint(count)) return false;
  for (std::uint64_t i = 0; i < count; ++i) {
    Known known;
    if (!in.take_var_uint(known.client) || !in.take_var_uint(known.clock)) return false;
    entries_.push_back(known);
  }
  const auto higher = [](const Known& a, const Known& b) { return a.client > b.client; };
  if (!std::is_sorted(entries_.begin(), entries_.end(), higher)) {
    std::sort(entries_.begin(), entries_.end(), higher);
  }
  return in.done();
}

std::uint64_t StateVector::clock_of(std::uint64_t client) const {
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), client,
      [](const Known& known, std::uint64_t wanted) { return known.client > wanted; });
  return at != entries_.end() && at->client == client ? at->clock : 0;
}

const Known* StateVector::first_beyond(const StateVector& other) const {
  auto own = entries_.begin();
  for (const Known& wanted : other.entries_) {
    while (own != entries_.end() && own->client > wanted.client) ++own;
    const bool has = own != entries_.end() && own->client == wanted.client;
    if ((has ? own->clock : 0) < wanted.clock) return &wanted;
  }
  return nullptr;
}

}  // namespace syncline::checkers
