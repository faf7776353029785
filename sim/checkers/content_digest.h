#pragma once

#include <cstdint>
#include <vector>

#include "loadgen/client/update_scan.h"
#include "sim/checkers/flat_map.h"

// What elements hold, apart from how an encoding cuts them into runs: the same elements give the
// same digests, however they travelled, and whatever else was collected.

namespace syncline::checkers {

// One for each element of the run: of its name, its content, and where its author put it. A half of
// a surrogate pair counts like any other and like the replacement character: yjs may turn it into
// that when somebody writes between the halves. REQUIRES: run.has_content().
void digest_elements(const client::ScannedRun& run, std::vector<std::uint64_t>& out);

// Of all elements of a whole state that are not deleted.
struct StateDigests {
  std::uint64_t all = 0;
  std::uint64_t without_formats = 0;
};

class StateDigester {
 public:
  StateDigests operator()(const client::UpdateScan& state);

 private:
  // Those of one client among the state's deleted ranges, by index.
  struct Deleted {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  std::uint64_t digest(const client::ScannedRun& run, const client::UpdateScan& state);

  FlatMap<Deleted> deleted_;
  std::vector<std::uint64_t> elements_;  // Of the run at hand.
};

}  // namespace syncline::checkers
