#pragma once

#include <cstdint>
#include <vector>

#include "server/base/bytes.h"

namespace syncline::checkers {

// What a replica has of one client: clocks below `clock`.
struct Known {
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
};

// An encoded state vector in memory, by client, highest first, as yjs writes it.
class StateVector {
 public:
  // Reads it into the same memory. False if it cannot be read.
  bool read(BytesView bytes);

  std::uint64_t clock_of(std::uint64_t client) const;
  // The first entry of `other` that this has less of; nullptr if it covers all.
  const Known* first_beyond(const StateVector& other) const;
  const std::vector<Known>& entries() const { return entries_; }

 private:
  std::vector<Known> entries_;
};

}  // namespace syncline::checkers
