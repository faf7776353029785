#include "sim/checkers/dependencies.h"

#include <algorithm>
#include <optional>

namespace syncline::checkers {

using client::ScannedId;
using client::ScannedRun;

void Dependencies::add(const client::UpdateScan& edit) {
  for (const ScannedRun& run : edit.runs) {
    for (const std::optional<ScannedId>& on : {run.origin, run.right_origin, run.parent}) {
      if (on && on->client != run.client) note(run, *on);
    }
  }
}

void Dependencies::note(const ScannedRun& run, const ScannedId& on) {
  Author& author = authors_[run.client];
  std::uint64_t& furthest = author.furthest[on.client];
  if (furthest > on.clock) return;
  furthest = on.clock + 1;
  author.dependencies.push_back({.clock = run.clock, .on_client = on.client, .on_clock = on.clock});
}

const std::vector<Dependencies::Dependency>& Dependencies::of(std::uint64_t author) const {
  static const std::vector<Dependency> none;
  const Author* found = authors_.find(author);
  return found == nullptr ? none : found->dependencies;
}

std::vector<Known> Dependencies::settle(std::vector<Known> elements) const {
  std::ranges::sort(elements, std::greater(), &Known::client);
  const auto clock_of = [&](std::uint64_t client) -> std::uint64_t {
    const auto found = std::ranges::find(elements, client, &Known::client);
    return found == elements.end() ? 0 : found->clock;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (Known& known : elements) {
      for (const Dependency& dependency : of(known.client)) {
        if (dependency.clock >= known.clock) break;
        if (dependency.on_clock < clock_of(dependency.on_client)) continue;
        known.clock = dependency.clock;
        changed = true;
        break;
      }
    }
  }
  return elements;
}

}  // namespace syncline::checkers
