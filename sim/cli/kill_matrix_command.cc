#include <algorithm>
#include <cstdio>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/planted_bugs.h"
#include "sim/cli/subprogram.h"

namespace syncline::sim {
namespace {

// Not of the jury: two runs of a seed, compared.
constexpr const char* determinism = "determinism";

// How it went for one bug.
struct Kill {
  std::uint64_t runs = 0;  // Until the first kill, or all.
  std::string killer;      // Empty: it survived.
  bool by_expected = false;
};

bool expects(const BugInfo& bug, std::string_view checker) {
  return std::find(bug.checkers.begin(), bug.checkers.end(), checker) != bug.checkers.end();
}

std::vector<std::string> arguments_of(const KillMatrixCommand& command, const BugInfo& bug) {
  std::vector<std::string> arguments = {program_beside("syncline-sim-planted"),
                                        "run",
                                        "--hashes",
                                        "--no-shrink",
                                        "--bug",
                                        std::string(bug.name),
                                        "--seed",
                                        std::to_string(command.first_seed),
                                        "--seeds",
                                        std::to_string(command.seeds),
                                        "--jobs",
                                        std::to_string(command.jobs),
                                        "--failures-max",
                                        std::to_string(command.seeds)};
  if (expects(bug, "skew_invariance")) arguments.push_back("--metamorphic");
  return arguments;
}

// Until one of the checkers that must find it does.
Kill hunt(const KillMatrixCommand& command, const BugInfo& bug) {
  Kill kill;
  run_program(arguments_of(command, bug), Memory::usual, [&](std::string_view line) {
    ++kill.runs;
    std::istringstream words{std::string(line)};
    std::string seed;
    std::string ending;
    std::string checker;
    words >> seed >> ending >> checker;
    if (ending == "passed" || ending == "vacuous") return true;
    kill.by_expected = expects(bug, checker);
    if (kill.killer.empty() || kill.by_expected) kill.killer = checker;
    return !kill.by_expected;
  });
  return kill;
}

// A bug that breaks no promise in a run, but makes it another one each time.
Kill hunt_by_comparing(const KillMatrixCommand& command, const BugInfo& bug) {
  const std::vector<std::string> arguments = arguments_of(command, bug);
  std::set<std::string> usual;
  run_program(arguments, Memory::usual, [&](std::string_view line) {
    usual.emplace(line);
    return true;
  });
  Kill kill;
  run_program(arguments, Memory::elsewhere, [&](std::string_view line) {
    ++kill.runs;
    if (usual.contains(std::string(line))) return true;
    kill.killer = determinism;
    kill.by_expected = true;
    return false;
  });
  return kill;
}

}  // namespace

int kill_matrix_command(const KillMatrixCommand& command) {
  std::printf("%-30s %-20s %8s\n", "bug", "killed by", "runs");
  std::uint64_t survivors = 0;
  std::uint64_t tried = 0;
  for (const BugInfo& bug : all_bugs()) {
    const bool wanted = command.bugs.empty() || std::find(command.bugs.begin(), command.bugs.end(),
                                                          bug.name) != command.bugs.end();
    if (!wanted) continue;
    ++tried;
    const Kill kill =
        expects(bug, determinism) ? hunt_by_comparing(command, bug) : hunt(command, bug);
    std::string note;
    if (!kill.by_expected) {
      ++survivors;
      note = kill.killer.empty() ? "survived" : "found by another checker only; expected";
      for (const std::string_view checker : bug.checkers) note += ' ' + std::string(checker);
    }
    std::printf("%-30s %-20s %8llu %s\n", std::string(bug.name).c_str(),
                kill.killer.empty() ? "-" : kill.killer.c_str(),
                static_cast<unsigned long long>(kill.runs), note.c_str());
    std::fflush(stdout);
  }
  if (tried == 0) {
    std::fprintf(stderr, "syncline-sim: there is no such bug; list shows those that there are\n");
    return exit_usage;
  }
  std::printf("%llu of %llu dead\n", static_cast<unsigned long long>(tried - survivors),
              static_cast<unsigned long long>(tried));
  return survivors == 0 ? exit_success : exit_correctness;
}

}  // namespace syncline::sim
