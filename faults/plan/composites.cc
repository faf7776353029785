#include "faults/plan/composites.h"

#include <utility>

#include "faults/plan/party_name.h"

namespace syncline::faults {
namespace {

std::string node(std::uint32_t number) { return print_party({Role::node, number}); }

Fault link_fault(FaultKind kind, std::string one, std::string other, Duration at,
                 Duration duration) {
  Fault fault;
  fault.kind = kind;
  fault.target = std::move(one);
  fault.other = std::move(other);
  fault.trigger.at = at;
  fault.duration = duration;
  return fault;
}

std::vector<std::string> services_of(const PlanCluster& cluster) {
  std::vector<std::string> services;
  if (!cluster.embedded) services = {"redis", "postgres"};
  if (cluster.gateway) services.emplace_back("gateway");
  return services;
}

// Refused at once, or silence: both happen.
FaultKind choose_kind(PlanRandom& random) {
  return random.chance(70) ? FaultKind::partition : FaultKind::cut;
}

std::vector<Fault> isolate(PlanRandom& random, const PlanCluster& cluster, Duration at,
                           Duration duration) {
  const auto number = static_cast<std::uint32_t>(random.between(1, cluster.nodes));
  const FaultKind kind = choose_kind(random);
  std::vector<Fault> faults;
  for (const std::string& service : services_of(cluster)) {
    faults.push_back(link_fault(kind, node(number), service, at, duration));
  }
  return faults;
}

std::vector<Fault> bridge(PlanRandom& random, const PlanCluster& cluster, Duration at,
                          Duration duration) {
  const FaultKind kind = choose_kind(random);
  const std::uint32_t half = (cluster.nodes - 1) / 2;
  std::vector<Fault> faults;
  for (std::uint32_t number = 1; number <= half; ++number) {
    faults.push_back(link_fault(kind, node(number), "redis", at, duration));
    faults.push_back(link_fault(kind, node(cluster.nodes + 1 - number), "postgres", at, duration));
  }
  return faults;
}

std::vector<Fault> ring(PlanRandom& random, const PlanCluster& cluster, Duration at,
                        Duration duration) {
  const FaultKind kind = choose_kind(random);
  const std::vector<std::string> services = services_of(cluster);
  std::size_t next = random.below(services.size());
  std::vector<Fault> faults;
  for (std::uint32_t number = 1; number <= cluster.nodes; ++number) {
    faults.push_back(link_fault(kind, node(number), services[next], at, duration));
    next = (next + 1) % services.size();
  }
  return faults;
}

// Ends are drawn apart from beginnings, so that links heal in another order than they went.
std::vector<Fault> swizzle(PlanRandom& random, const PlanCluster& cluster, Duration at,
                           Duration duration) {
  constexpr std::uint64_t steps = 16;
  const Duration step = duration / (2 * steps);
  std::vector<Fault> faults;
  for (std::uint32_t number = 1; number <= cluster.nodes; ++number) {
    for (const std::string& service : services_of(cluster)) {
      if (!random.chance(50)) continue;
      const Duration begin = at + step * static_cast<std::int64_t>(random.below(steps));
      const Duration middle = at + duration / 2;
      const Duration end = middle + step * static_cast<std::int64_t>(random.between(1, steps));
      faults.push_back(link_fault(choose_kind(random), node(number), service, begin, end - begin));
    }
  }
  return faults;
}

}  // namespace

std::vector<Fault> generate_composite(PlanRandom& random, const PlanCluster& cluster,
                                      Composite composite, Duration at, Duration duration) {
  if (services_of(cluster).empty() || cluster.nodes < 2) return {};
  switch (composite) {
    case Composite::isolate:
      return isolate(random, cluster, at, duration);
    case Composite::bridge:
      return bridge(random, cluster, at, duration);
    case Composite::ring:
      return ring(random, cluster, at, duration);
    case Composite::swizzle:
      return swizzle(random, cluster, at, duration);
  }
  return {};
}

}  // namespace syncline::faults
