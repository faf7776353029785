#pragma once

#include <compare>
#include <cstdint>
#include <map>

namespace syncline::crdt {

// A replica's identity in the CRDT. yjs draws 32-bit numbers; up to 2^53 - 1 is legal.
using ClientId = std::uint64_t;

// A client's logical clock: it counts the elements (UTF-16 units, array values, ...) it has made.
using Clock = std::uint64_t;

// The name of one element, the same in every replica.
struct Id {
  ClientId client = 0;
  Clock clock = 0;

  friend auto operator<=>(const Id&, const Id&) = default;
};

// `length` elements of one client, from `clock` on.
struct IdRange {
  ClientId client = 0;
  Clock clock = 0;
  Clock length = 0;

  Clock end() const { return clock + length; }
  friend bool operator==(const IdRange&, const IdRange&) = default;
};

// What each client is known to have. Ordered, so that all output is.
using StateVector = std::map<ClientId, Clock>;

}  // namespace syncline::crdt
