#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "faults/executor.h"
#include "faults/plan/fault_kind.h"
#include "server/base/instant.h"

namespace syncline::sim {

// How a run ended. The order is that of how bad it is.
enum class Ending : std::uint8_t { passed, vacuous, timeout, liveness, correctness, crash };

std::string_view name(Ending ending);
int exit_code_of(Ending ending);

// What is left of a run when its process has told it: a line of text.
struct RunSummary {
  Ending ending = Ending::passed;
  std::string checker = "-";  // Of the first violation.
  std::string what;           // Of the same; or why it was vacuous, or how the process died.
  Duration failed_at{0};
  std::uint64_t edits = 0;
  std::uint64_t events = 0;
  Duration virtual_time{0};
  Duration real_time{0};
  std::string hash = "-";
  std::uint64_t documents_digest = 0;
  std::array<faults::FaultCounts, faults::fault_kind_count> faults = {};

  bool failed() const { return ending != Ending::passed && ending != Ending::vacuous; }
};

// Without a line break. parse_summary() of it is the same summary again.
std::string print_summary(const RunSummary& summary);
std::optional<RunSummary> parse_summary(std::string_view line);

}  // namespace syncline::sim
