#include "sim/demo/failure.h"

// Every keystroke is a transaction of its own. Many people type; no fault is needed.

namespace syncline::demo {
namespace {

faults::FaultPlan plan(std::uint64_t seed) {
  faults::FaultPlan plan;
  plan.seed = seed;
  plan.cluster.nodes = 3;
  plan.cluster.workers = 2;
  plan.cluster.durability = faults::Durability::buffer;
  plan.cluster.clients = 30;
  plan.cluster.documents = 6;
  plan.cluster.load = seconds(30);
  return plan;
}

Measurement measure(const Observations& seen, Side /*side*/, std::uint64_t /*seed*/) {
  return measure_write_transactions(seen);
}

}  // namespace

const Failure failure_5_row_per_keystroke{
    .number = 5,
    .name = "a row per keystroke",
    .promise = "the database sees few transactions, however fast people type",
    .plan = plan,
    .setting = {.saving = UsualSetting::Saving::rows,
                .routing = UsualSetting::Routing::by_document},
    .measure = measure};

}  // namespace syncline::demo
