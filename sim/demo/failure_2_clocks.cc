#include "sim/demo/failure.h"
#include "sim/random_stream.h"

// The clocks of browsers decide who wins. All of a document's people are on the same server, which
// tells everybody at once: what is lost here is lost by the clocks alone.

namespace syncline::demo {
namespace {

faults::FaultPlan plan(std::uint64_t seed) {
  faults::FaultPlan plan;
  plan.seed = seed;
  plan.cluster.nodes = 2;
  plan.cluster.clients = 6;
  plan.cluster.documents = 2;
  plan.cluster.load = seconds(60);
  sim::RandomStream random(seed, "demo", "clocks");
  for (std::uint32_t client = 1; client <= plan.cluster.clients; client += 2) {
    const milliseconds wrong(2'000 + static_cast<std::int64_t>(random.below(118'000)));
    const bool slow = random.chance(50);
    plan.faults.push_back({.id = (client + 1) / 2,
                           .kind = faults::FaultKind::skew,
                           .target = "client-" + std::to_string(client),
                           .trigger = {seconds(1)},
                           .duration = seconds(58),
                           .amount = slow ? -wrong : wrong});
  }
  return plan;
}

Measurement measure(const Observations& seen, Side /*side*/, std::uint64_t /*seed*/) {
  return measure_acknowledged_edits(seen);
}

}  // namespace

const Failure failure_2_clocks{
    .number = 2,
    .name = "client clocks decide",
    .promise = "what was acknowledged is in the document, whatever the clocks say",
    .plan = plan,
    .setting = {.saving = UsualSetting::Saving::rows,
                .routing = UsualSetting::Routing::by_document},
    .measure = measure};

}  // namespace syncline::demo
