#include "sim/demo/failure.h"
#include "sim/random_stream.h"

// A server keeps the document in memory, says "saved", and writes a snapshot every 30 s. It dies
// in between.

namespace syncline::demo {
namespace {

faults::FaultPlan plan(std::uint64_t seed) {
  faults::FaultPlan plan;
  plan.seed = seed;
  plan.cluster.nodes = 2;
  plan.cluster.clients = 6;
  plan.cluster.documents = 2;
  plan.cluster.load = seconds(40);
  sim::RandomStream random(seed, "demo", "crashes");
  for (std::uint32_t node = 1; node <= plan.cluster.nodes; ++node) {
    const Duration at = seconds(15) * (node - 1) + random.between(seconds(10), seconds(20));
    plan.faults.push_back({.id = node,
                           .kind = faults::FaultKind::crash,
                           .target = "node-" + std::to_string(node),
                           .trigger = {duration_cast<milliseconds>(at)},
                           .duration = seconds(3)});
  }
  return plan;
}

Measurement measure(const Observations& seen, Side /*side*/, std::uint64_t /*seed*/) {
  return measure_acknowledged_edits(seen);
}

}  // namespace

const Failure failure_3_snapshots{.number = 3,
                                  .name = "a snapshot every 30 s",
                                  .promise = "an acknowledged edit is never lost",
                                  .plan = plan,
                                  .setting = {.saving = UsualSetting::Saving::snapshots,
                                              .routing = UsualSetting::Routing::by_document},
                                  .measure = measure};

}  // namespace syncline::demo
