#include "sim/cli/plan_run.h"

#include <optional>

#include "sim/cli/seed_pool.h"
#include "sim/tripwire.h"

namespace syncline::sim {
namespace {

Ending ending_of(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::passed:
      return Ending::passed;
    case RunVerdict::vacuous:
      return Ending::vacuous;
    case RunVerdict::liveness:
      return Ending::liveness;
    case RunVerdict::correctness:
      return Ending::correctness;
  }
  return Ending::crash;
}

class OneResult final : public SeedPool::Watcher {
 public:
  bool on_done(std::size_t, const RunSummary& summary) override {
    result = summary;
    return true;
  }
  void on_tick() override {}

  RunSummary result;
};

}  // namespace

RunSummary run_plan(const faults::FaultPlan& plan, const RunOptions& options) {
  const Duration begin = real_now();
  RunResult result;
  {
    const Tripwire tripwire;
    result = run(plan, options);
  }
  RunSummary summary;
  summary.ending = ending_of(result.verdict);
  summary.what = result.vacuous_because;
  if (!result.violations.empty()) {
    const Violation& first = result.violations.front();
    summary.checker = first.checker;
    summary.what = first.what;
    summary.failed_at = first.at;
  }
  summary.edits = result.edits;
  summary.events = result.events;
  summary.virtual_time = result.virtual_time;
  summary.real_time = real_now() - begin;
  summary.hash = to_string(result.hash);
  summary.documents_digest = result.documents_digest;
  summary.faults = result.faults;
  return summary;
}

RunSummary run_plan_apart(const faults::FaultPlan& plan, const RunOptions& options, Duration time) {
  OneResult one;
  SeedPool pool({.jobs = 1, .time_per_run = time});
  pool.run(
      1, [&](std::size_t) { return run_plan(plan, options); }, one);
  return one.result;
}

}  // namespace syncline::sim
