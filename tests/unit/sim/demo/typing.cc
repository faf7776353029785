#include "tests/unit/sim/demo/typing.h"

#include <algorithm>
#include <string>

#include "sim/random_stream.h"

namespace syncline::demo {

Workload typed_on(const faults::FaultPlan& plan) {
  Workload workload;
  for (std::uint32_t client = 1; client <= plan.cluster.clients; ++client) {
    sim::RandomStream random(plan.seed, "client-" + std::to_string(client), "typing");
    Duration now = random.between(seconds(1), seconds(3));
    while (now < plan.cluster.load) {
      workload.presses.push_back({now, client, (client - 1) % plan.cluster.documents});
      const bool pauses = random.chance(5);
      now += random.between(milliseconds(120), milliseconds(280));
      if (pauses) now += random.between(seconds(1), seconds(4));
    }
  }
  std::stable_sort(workload.presses.begin(), workload.presses.end(),
                   [](const Press& a, const Press& b) { return a.at < b.at; });
  return workload;
}

}  // namespace syncline::demo
