#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "faults/plan/profile.h"
#include "server/base/instant.h"

namespace syncline::sim {

// What each command was asked for. Each returns the exit code.

struct RunCommand {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 1;
  std::vector<std::string> plans;  // Files; instead of generated ones.
  faults::Profile profile = faults::Profile::ci;
  std::size_t jobs = 1;
  std::string failures = "sim-failures";  // A folder.
  seconds shrink_time{60};
  seconds seed_time{60};
  std::uint64_t failures_max = 10;  // Then it gives up.
  unsigned vacuous_percent_max = 5;
  bool hashes = false;       // Prints a line for each run, and nothing else.
  bool shrinks = true;       // And leaves files behind.
  bool metamorphic = false;  // Runs each twice, the second time with true wall clocks.
  bool canary = false;       // With a checker that always fails.
  std::string bug;           // Planted.
};
int run_command(const RunCommand& command);

struct ReplayCommand {
  std::string plan;
  std::uint64_t trace_first = 0;
  std::uint64_t trace_last = 0;  // 0: no trace.
  bool history = false;          // Prints what happens.
  bool messages = false;         // And every message.
  bool checkpoints = false;      // Prints the hash at each of them, and nothing else.
  bool goes_on = false;          // After the first violation.
  std::string page;              // Writes its picture there.
  std::string bug;
};
int replay_command(const ReplayCommand& command);

struct ShrinkCommand {
  std::string plan;
  std::string to;  // Empty: beside it, as NAME.small.plan.
  seconds time{60};
  std::string bug;
};
int shrink_command(const ShrinkCommand& command);

// Prints the plan of a seed.
struct PlanCommand {
  std::uint64_t seed = 1;
  faults::Profile profile = faults::Profile::ci;
};
int plan_command(const PlanCommand& command);

// Runs the same plans with another binary too (perhaps the same one), with its memory laid out
// elsewhere, and finds the first event that differs.
struct CompareCommand {
  std::string other;
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 1;
  faults::Profile profile = faults::Profile::ci;
  std::size_t jobs = 1;
  seconds seed_time{600};
};
int compare_command(const CompareCommand& command);

struct KillMatrixCommand {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 1000;  // For each bug, at most: some show in one run of several hundred.
  std::size_t jobs = 1;
  std::vector<std::string> bugs;  // Only these; empty: all.
};
int kill_matrix_command(const KillMatrixCommand& command);

struct DemoCommand {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 20;
  int failure = 0;
  std::string pictures;
};
int demo_command(const DemoCommand& command);

// Plans in `folder`, checkers, planted bugs, kinds, options, probes.
int list_command(const std::string& folder);

}  // namespace syncline::sim
