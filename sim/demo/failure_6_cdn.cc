#include "server/protocol/cache_control.h"
#include "sim/demo/failure.h"

// A CDN stands in front of the API and keeps answers for five minutes. People type; somebody opens
// a document now and then.

namespace syncline::demo {
namespace {

// The usual API's answers say nothing about caches: the CDN does what it is configured for.
constexpr std::string_view says_nothing;

faults::FaultPlan plan(std::uint64_t seed) {
  faults::FaultPlan plan;
  plan.seed = seed;
  plan.cluster.nodes = 2;
  plan.cluster.clients = 3;
  plan.cluster.documents = 2;
  plan.cluster.load = seconds(180);
  return plan;
}

Measurement measure(const Observations& seen, Side side, std::uint64_t seed) {
  return measure_freshness(seen, side == Side::usual ? says_nothing : protocol::never_cached, seed);
}

}  // namespace

const Failure failure_6_cdn{.number = 6,
                            .name = "a CDN before the API",
                            .promise = "who opens a document is shown what was saved before",
                            .plan = plan,
                            .setting = {.saving = UsualSetting::Saving::rows,
                                        .routing = UsualSetting::Routing::by_document},
                            .measure = measure};

}  // namespace syncline::demo
