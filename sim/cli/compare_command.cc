#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <unistd.h>

#include "faults/plan/generator.h"
#include "faults/plan/printer.h"
#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/planted_bugs.h"
#include "sim/cli/subprogram.h"
#include "sim/trace.h"

namespace syncline::sim {
namespace {

constexpr std::size_t lines_before = 12;  // Of the first that differs, that are shown.

// "ENDING CHECKER HASH" by seed.
std::map<std::uint64_t, std::string> outcomes(const CompareCommand& command,
                                              const std::string& program, Memory memory) {
  std::string profile(faults::all_profiles()[static_cast<std::size_t>(command.profile)].name);
  std::map<std::uint64_t, std::string> by_seed;
  for (const std::string& line : lines_of_program(
           {program, "run", "--hashes", "--no-shrink", "--seed", std::to_string(command.first_seed),
            "--seeds", std::to_string(command.seeds), "--jobs", std::to_string(command.jobs),
            "--seed-time", std::to_string(command.seed_time.count()), "--profile", profile,
            "--failures-max", std::to_string(command.seeds)},
           memory)) {
    const std::size_t blank = line.find(' ');
    by_seed[std::strtoull(line.c_str(), nullptr, 10)] = line.substr(blank + 1);
  }
  return by_seed;
}

std::size_t first_difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const std::size_t size = std::min(a.size(), b.size());
  for (std::size_t at = 0; at < size; ++at) {
    if (a[at] != b[at]) return at;
  }
  return size;
}

void show_difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const std::size_t at = first_difference(a, b);
  for (std::size_t line = at - std::min(at, lines_before); line < at; ++line) {
    std::printf("    %s\n", a[line].c_str());
  }
  std::printf("  here  %s\n", at < a.size() ? a[at].c_str() : "(nothing)");
  std::printf("  there %s\n", at < b.size() ? b[at].c_str() : "(nothing)");
}

// Runs one seed again with both, and shows where they part.
void locate(const CompareCommand& command, const std::string& here, std::uint64_t seed) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("syncline-compare-" + std::to_string(getpid()) + ".plan");
  std::ofstream(file) << faults::print_plan(faults::generate(seed, command.profile));
  const auto checkpoints = [&](const std::string& program, Memory memory) {
    return lines_of_program({program, "replay", file.string(), "--checkpoints"}, memory);
  };
  const std::size_t at = first_difference(checkpoints(here, Memory::usual),
                                          checkpoints(command.other, Memory::elsewhere));
  // Checkpoint n is the hash at the beginning of event (n + 1) * events_per_checkpoint.
  const std::string from = std::to_string(at * Trace::events_per_checkpoint);
  const std::string to = std::to_string((at + 1) * Trace::events_per_checkpoint);
  const auto trace = [&](const std::string& program, Memory memory) {
    return lines_of_program(
        {program, "replay", file.string(), "--trace-from", from, "--trace-to", to}, memory);
  };
  std::printf("seed %llu differs between events %s and %s; first here:\n",
              static_cast<unsigned long long>(seed), from.c_str(), to.c_str());
  show_difference(trace(here, Memory::usual), trace(command.other, Memory::elsewhere));
  std::filesystem::remove(file);
}

}  // namespace

int compare_command(const CompareCommand& command) {
  const std::string here = program_beside(program_name());
  const auto ours = outcomes(command, here, Memory::usual);
  const auto theirs = outcomes(command, command.other, Memory::elsewhere);
  std::uint64_t same = 0;
  for (const auto& [seed, outcome] : ours) {
    const auto other = theirs.find(seed);
    if (other != theirs.end() && other->second == outcome) {
      ++same;
      continue;
    }
    std::printf("seed %llu: %s here, %s there\n", static_cast<unsigned long long>(seed),
                outcome.c_str(), other == theirs.end() ? "nothing" : other->second.c_str());
    locate(command, here, seed);
    return exit_correctness;
  }
  std::printf("%llu seeds are the same, to the bit\n", static_cast<unsigned long long>(same));
  return same == command.seeds ? exit_success : exit_crash;
}

}  // namespace syncline::sim
