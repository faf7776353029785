#include <cstdio>

#include "faults/plan/generator.h"
#include "faults/plan/printer.h"
#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/failure_report.h"
#include "sim/cli/plan_file.h"
#include "sim/cli/plan_run.h"
#include "sim/cli/planted_bugs.h"
#include "sim/history/text.h"
#include "sim/run.h"
#include "sim/tripwire.h"

namespace syncline::sim {
namespace {

class Printing final : public history::EventSink {
 public:
  void on_event(const history::Event& event) override {
    std::puts(history::to_text(event).c_str());
  }
};

// What `replay` and `shrink` begin with. Nothing if it could not be had; somebody has been told.
std::optional<faults::FaultPlan> get_plan(const std::string& path, const std::string& bug) {
  if (!bug.empty() && !plant_by_name(bug)) return {};
  auto plan = read_plan_file(path);
  if (plan.ok()) return std::move(plan).value();
  std::fprintf(stderr, "syncline-sim: %s\n", plan.error().detail.c_str());
  return {};
}

int exit_code_of(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::passed:
      return exit_success;
    case RunVerdict::correctness:
      return exit_correctness;
    case RunVerdict::liveness:
      return exit_liveness;
    case RunVerdict::vacuous:
      return exit_vacuous;
  }
  return exit_crash;
}

void print_result(const RunResult& result) {
  for (const Violation& violation : result.violations) {
    std::printf("%s, %s: %s\n", history::to_text(violation.at).c_str(), violation.checker.c_str(),
                violation.what.c_str());
  }
  if (!result.vacuous_because.empty()) std::printf("vacuous: %s\n", result.vacuous_because.c_str());
  for (std::size_t kind = 0; kind < result.faults.size(); ++kind) {
    const faults::FaultCounts& counts = result.faults[kind];
    if (counts.armed == 0) continue;
    const auto info = faults::fault_kind_info(static_cast<faults::FaultKind>(kind));
    std::printf("%s: armed %llu, fired %llu, observed %llu, healed %llu\n",
                std::string(info.name).c_str(), static_cast<unsigned long long>(counts.armed),
                static_cast<unsigned long long>(counts.fired),
                static_cast<unsigned long long>(counts.observed),
                static_cast<unsigned long long>(counts.healed));
  }
  std::printf("%llu edits, %llu events, %s, hash %s\n",
              static_cast<unsigned long long>(result.edits),
              static_cast<unsigned long long>(result.events),
              history::to_text(result.virtual_time).c_str(), to_string(result.hash).c_str());
}

}  // namespace

int replay_command(const ReplayCommand& command) {
  const auto plan = get_plan(command.plan, command.bug);
  if (!plan) return exit_usage;
  Printing printing;
  RunOptions options{.tells_messages = command.messages,
                     .stops_at_violation = !command.goes_on,
                     .trace_first = command.trace_first,
                     .trace_last = command.trace_last,
                     .trace_sink = [](std::string_view line) {
                       std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
                     }};
  if (command.history || command.messages) options.sinks.push_back(&printing);
  RunResult result;
  {
    const Tripwire tripwire;
    result = run(*plan, options);
  }
  if (command.checkpoints) {
    for (const TraceHash& hash : result.checkpoints) std::puts(to_string(hash).c_str());
    std::puts(to_string(result.hash).c_str());
    return exit_success;
  }
  if (command.trace_last > 0) return exit_success;
  print_result(result);
  if (!command.page.empty()) {
    options.sinks.clear();
    if (!write_page(*plan, options, replay_line(command.plan, command.bug), command.page)) {
      std::fprintf(stderr, "syncline-sim: %s cannot be written\n", command.page.c_str());
      return exit_usage;
    }
  }
  return exit_code_of(result.verdict);
}

int shrink_command(const ShrinkCommand& command) {
  const auto plan = get_plan(command.plan, command.bug);
  if (!plan) return exit_usage;
  const RunSummary summary = run_plan_apart(*plan, {}, seconds(60));
  if (!summary.failed()) {
    std::printf("%s does not fail\n", command.plan.c_str());
    return exit_usage;
  }
  std::printf("%s: %s: %s\n", std::string(name(summary.ending)).c_str(), summary.checker.c_str(),
              summary.what.c_str());
  const faults::FaultPlan small = shrink_failure(*plan, summary, {}, command.time);
  const std::string stem = command.plan.substr(0, command.plan.rfind(".plan"));
  const FailureFiles files =
      write_failure(small, {}, command.to.empty() ? stem + ".small.plan" : command.to, command.bug);
  std::printf("%s", faults::print_plan(small).c_str());
  std::printf("plan: %s\npicture: %s\n", files.plan.c_str(), files.page.c_str());
  return exit_code_of(summary.ending);
}

int plan_command(const PlanCommand& command) {
  std::printf("%s", faults::print_plan(faults::generate(command.seed, command.profile)).c_str());
  return exit_success;
}

}  // namespace syncline::sim
