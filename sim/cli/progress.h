#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "server/base/instant.h"
#include "sim/cli/run_summary.h"

namespace syncline::sim {

// What many runs add up to.
struct Totals {
  std::uint64_t runs = 0;
  std::array<std::uint64_t, 6> by_ending = {};
  std::uint64_t edits = 0;
  std::uint64_t events = 0;
  Duration virtual_time{0};
  Duration run_time{0};  // Real, of all runs together: what one core would have taken.
  std::array<faults::FaultCounts, faults::fault_kind_count> faults = {};
  std::uint64_t slowest_seed = 0;
  Duration slowest{0};

  void add(std::uint64_t seed, const RunSummary& summary);
  std::uint64_t count(Ending ending) const { return by_ending[static_cast<std::size_t>(ending)]; }
};

// A line on stderr that tells how far many runs have come; nothing unless that is a terminal.
class ProgressBar {
 public:
  explicit ProgressBar(std::uint64_t runs);

  void show(const Totals& totals);
  // Makes place for other output.
  void clear();

 private:
  const std::uint64_t runs_;
  const bool terminal_;
  const Duration begin_;
  Duration shown_at_{0};
};

// The table at the end.
void print_totals(const Totals& totals, Duration real_time);

}  // namespace syncline::sim
