#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/run/options.h"
#include "loadgen/run/tally.h"
#include "loadgen/run/verdict.h"
#include "server/base/result.h"

namespace syncline::loadgen {

// An edit that the server said is durable.
struct AcknowledgedEdit {
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
  std::uint64_t length = 0;
  bool deletes = false;
  std::string document;
};

struct RunResult {
  Tally tally;
  Verdict verdict;
  Duration typing_time{0};  // The warm-up included.
  Duration measured_time{0};
  bool interrupted = false;
  // Connections that were lost without --keep-going, clients that were refused: the first few, and
  // how many there were.
  std::vector<std::string> troubles;
  std::uint64_t trouble_count = 0;

  // What the generator itself took while it typed.
  double cpu_seconds = 0;
  double busiest_thread = 0;  // Share of one core.
  std::uint64_t memory_bytes_max = 0;

  // Only if asked for.
  std::vector<AcknowledgedEdit> acknowledged;

  // False: the generator was late or short of time, and the latencies are its own in part.
  bool kept_up() const;
  bool passed() const { return verdict.passed() && trouble_count == 0; }
};

// How a run goes, for a line of progress.
struct RunProgress {
  std::string_view phase;
  Duration elapsed;
  std::uint64_t clients;
  std::uint64_t edits;
  std::uint64_t acknowledged;
  std::uint64_t deliveries;
  std::uint64_t deliveries_due;
};

struct RunWatch {
  // Set by whoever wants the typing to end early. Looked at ten times a second.
  const std::atomic<bool>& interrupted;
  // Called about once a second, on the caller's thread.
  std::function<void(const RunProgress&)> on_progress;
  bool collects_acknowledged = false;
};

// Runs to the end; blocks. Errors: unavailable, with one line for people, if a target does not
// answer or clients cannot join, so that nothing was typed.
Result<RunResult> run_load(const RunOptions& options, const RunWatch& watch);

}  // namespace syncline::loadgen
