#include "sim/demo/failure.h"

// Servers learn of each other's edits by polling the database: others see what was typed up to two
// seconds later, and whoever types in the same paragraph meanwhile overwrites it. No fault is
// needed.

namespace syncline::demo {
namespace {

faults::FaultPlan plan(std::uint64_t seed) {
  faults::FaultPlan plan;
  plan.seed = seed;
  plan.cluster.nodes = 3;
  plan.cluster.gateway = false;  // Else a document's people all meet on one node.
  plan.cluster.clients = 6;
  plan.cluster.documents = 2;
  plan.cluster.load = seconds(30);
  return plan;
}

Measurement measure(const Observations& seen, Side /*side*/, std::uint64_t /*seed*/) {
  return measure_visibility(seen);
}

}  // namespace

const Failure failure_1_polling{
    .number = 1,
    .name = "servers poll",
    .promise = "an edit is on the screens of other nodes within a second",
    .plan = plan,
    .setting = {.saving = UsualSetting::Saving::rows, .routing = UsualSetting::Routing::by_client},
    .measure = measure};

}  // namespace syncline::demo
