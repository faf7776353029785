#include "faults/plan/printer.h"
#include "sim/demo/history_observations.h"
#include "sim/demo/sides.h"
#include "sim/picture/history_scene.h"
#include "sim/run.h"

namespace syncline::demo {
namespace {

std::vector<picture::Violation> violations_of(const Failure& failure, const SideResult& side,
                                              const sim::RunResult& run) {
  std::vector<picture::Violation> violations;
  if (side.measurement.violated()) {
    violations.push_back(
        {std::string(failure.promise), side.measurement.at, side.measurement.sentence});
  }
  for (const sim::Violation& found : run.violations) {
    violations.push_back({found.checker, found.at, found.what});
  }
  return violations;
}

}  // namespace

SynclineResult run_syncline(const Failure& failure, std::uint64_t seed, bool with_scene) {
  const faults::FaultPlan plan = failure.plan(seed);
  HistoryObservations observations;
  picture::HistoryScene history(plan);
  sim::RunOptions options;
  options.sinks.push_back(&observations);
  if (with_scene) options.sinks.push_back(&history);
  options.tells_messages = with_scene;
  const sim::RunResult run = sim::run(plan, options);

  const Observations seen = observations.finish(plan.cluster.load);
  SynclineResult outcome;
  outcome.workload = seen.workload;
  SideResult& side = outcome.result;
  side.measurement = failure.measure(seen, Side::syncline, seed);
  side.violated = side.measurement.violated() || !run.violations.empty();
  side.sentence = side.measurement.sentence;
  for (const sim::Violation& found : run.violations) {
    side.sentence += "; " + found.checker + ": " + found.what;
  }
  if (run.verdict == sim::RunVerdict::vacuous) {
    side.sentence += "; nobody noticed the faults";
  }
  if (!with_scene) return outcome;
  side.scene = history.finish(violations_of(failure, side, run));
  side.scene->plan = faults::print_plan(plan);
  return outcome;
}

}  // namespace syncline::demo
