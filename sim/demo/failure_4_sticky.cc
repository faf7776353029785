#include "sim/demo/failure.h"

// A browser belongs to the server that holds its session. Somebody rolls out a new version: each
// server is asked to end, and starts again.

namespace syncline::demo {
namespace {

faults::FaultPlan plan(std::uint64_t seed) {
  faults::FaultPlan plan;
  plan.seed = seed;
  plan.cluster.nodes = 3;
  plan.cluster.clients = 6;
  plan.cluster.documents = 2;
  plan.cluster.load = seconds(45);
  // Starts anywhere in the first half of a minute's quarter, so that seeds differ.
  plan.faults.push_back({.id = 1,
                         .kind = faults::FaultKind::rolling_restart,
                         .target = "nodes",
                         .trigger = {seconds(5) + milliseconds(seed * 997 % 7'500)},
                         .duration = seconds(24)});
  return plan;
}

Measurement measure(const Observations& seen, Side /*side*/, std::uint64_t /*seed*/) {
  return measure_continuity(seen);
}

}  // namespace

const Failure failure_4_sticky{.number = 4,
                               .name = "sticky sockets",
                               .promise = "nodes restart, and nobody loses an edit or the page",
                               .plan = plan,
                               .setting = {.saving = UsualSetting::Saving::rows,
                                           .routing = UsualSetting::Routing::by_document},
                               .measure = measure};

}  // namespace syncline::demo
