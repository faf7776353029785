#pragma once

#include <cstdint>
#include <vector>

#include "loadgen/client/update_scan.h"
#include "sim/checkers/flat_map.h"
#include "sim/checkers/state_vector.h"

namespace syncline::checkers {

// What each element of a document stands on: its neighbours when it was written, and what it is in.
// It cannot be in a replica without those; until they come, it waits there.
class Dependencies {
 public:
  // An author's elements from `clock` on stand on the other client's up to `on_clock`.
  struct Dependency {
    std::uint64_t clock;
    std::uint64_t on_client;
    std::uint64_t on_clock;
  };

  // What somebody wrote. REQUIRES: each client's elements come in the order of their clocks.
  void add(const client::UpdateScan& edit);

  // By clock; for each other client `on_clock` only grows.
  const std::vector<Dependency>& of(std::uint64_t author) const;

  // What of these, and nothing else, can be integrated. Sorted as a state vector is.
  std::vector<Known> settle(std::vector<Known> elements) const;

 private:
  struct Author {
    std::vector<Dependency> dependencies;
    FlatMap<std::uint64_t> furthest;  // By other client: one more than the last on_clock.
  };

  void note(const client::ScannedRun& run, const client::ScannedId& on);

  FlatMap<Author> authors_;
};

}  // namespace syncline::checkers
