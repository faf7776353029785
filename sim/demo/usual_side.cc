#include "faults/plan/printer.h"
#include "sim/demo/sides.h"
#include "sim/demo/usual/cluster.h"
#include "sim/picture/history_scene.h"
#include "sim/tuning.h"

namespace syncline::demo {
namespace {

Measurement run_without_faults(const Failure& failure, faults::FaultPlan plan,
                               const Workload& workload) {
  plan.faults.clear();
  const auto network = sim::network_setting(plan.cluster);
  UsualCluster cluster(plan, failure.setting, workload, network, nullptr);
  return failure.measure(cluster.run(), Side::usual, plan.seed);
}

// Who opened documents through the CDN stands in the picture as a party of its own.
void add_looks(picture::HistoryScene& history, const Measurement& measured) {
  if (measured.looks.empty()) return;
  const picture::LaneIndex lane = history.add_lane("by the CDN", history::PartyKind::client);
  for (const Look& look : measured.looks) {
    const bool old = !look.missing.empty();
    const std::string what = old ? "is shown the document without " +
                                       std::to_string(look.missing.size()) + " saved edits"
                                 : "is shown the document";
    const auto mark = history.note(look.at, lane,
                                   old ? picture::MarkKind::forgotten : picture::MarkKind::log_read,
                                   what, look.document, {look.missing.begin(), look.missing.end()});
    if (look.at == measured.at) history.point_at(std::nullopt, mark);
  }
}

}  // namespace

SideResult run_usual(const Failure& failure, std::uint64_t seed, const Workload& workload,
                     bool with_scene) {
  const faults::FaultPlan plan = failure.plan(seed);
  const auto network = sim::network_setting(plan.cluster);
  picture::HistoryScene history(plan);
  UsualCluster cluster(plan, failure.setting, workload, network, with_scene ? &history : nullptr);
  SideResult side;
  side.measurement = failure.measure(cluster.run(), Side::usual, seed);
  side.sentence = side.measurement.sentence;
  side.violated = side.measurement.violated();
  if (!plan.faults.empty()) {
    const Measurement calm = run_without_faults(failure, plan, workload);
    side.violated = side.measurement.broken > calm.broken;
    side.sentence += " (without the faults: " + calm.sentence + ")";
  }
  if (!with_scene) return side;
  if (side.measurement.press) cluster.point_at(*side.measurement.press);
  add_looks(history, side.measurement);
  side.scene = history.finish({{std::string(failure.promise), side.measurement.at, side.sentence}});
  side.scene->plan = faults::print_plan(plan);
  return side;
}

}  // namespace syncline::demo
