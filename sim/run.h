#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "faults/executor.h"
#include "faults/plan/fault_kind.h"
#include "faults/plan/plan.h"
#include "sim/checkers/checker.h"
#include "sim/history/event.h"
#include "sim/trace.h"

namespace syncline::sim {

struct Violation {
  std::string checker;
  checkers::Verdict verdict;
  Duration at;  // True time since the run began.
  std::string what;
};

struct RunOptions {
  // Told everything, besides the checkers.
  std::vector<history::EventSink*> sinks = {};
  // Tells the history of every message.
  bool tells_messages = false;
  // Ends with the first violation.
  bool stops_at_violation = true;
  // Wall clocks are true, whatever the plan does to them: the trace must be the same.
  bool true_wall_clocks = false;
  // With a checker that always fails: it shows that failures are reported.
  bool always_fail = false;
  // Lines for these events, from 1; none if `trace_last` is 0.
  std::uint64_t trace_first = 0;
  std::uint64_t trace_last = 0;
  Trace::LineSink trace_sink = {};
};

enum class RunVerdict : std::uint8_t { passed, correctness, liveness, vacuous };

struct RunResult {
  RunVerdict verdict = RunVerdict::passed;
  std::vector<Violation> violations;  // The first one decides the verdict.
  std::array<faults::FaultCounts, faults::fault_kind_count> faults = {};  // By kind.
  std::string vacuous_because;  // A clause, if the verdict says so.
  std::uint64_t edits = 0;
  std::uint64_t events = 0;
  Duration virtual_time{0};
  TraceHash hash;
  std::vector<TraceHash> checkpoints;
  // Of what the store holds in the end; empty if it did not come to that.
  std::uint64_t documents_digest = 0;
};

// One run of a plan: people type under faults; typing ends; everything heals; within a computed
// time everything must have come right; the final looks; everybody leaves, and nothing may be left.
//
// The same plan and options give the same result, to the bit, and no run leaves a trace in another.
RunResult run(const faults::FaultPlan& plan, const RunOptions& options);

}  // namespace syncline::sim
