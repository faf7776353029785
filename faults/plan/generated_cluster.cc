#include "faults/plan/generated_cluster.h"

#include <array>

#include "faults/plan/option.h"

namespace syncline::faults {
namespace {

struct Range {
  std::uint32_t low;
  std::uint32_t high;

  std::uint32_t draw(PlanRandom& random) const {
    return static_cast<std::uint32_t>(random.between(low, high));
  }
};

struct Sizes {
  std::span<const std::uint32_t> nodes;  // Each as often as it is named.
  Range shards;
  Range workers;
  Range clients;
  Range documents;
  Range load_seconds;
};

constexpr std::array<std::uint32_t, 10> about_three = {1, 2, 2, 3, 3, 3, 3, 3, 4, 5};
constexpr std::array<std::uint32_t, 5> several = {2, 3, 4, 5, 5};
constexpr std::array<std::uint32_t, 2> few = {2, 3};

Sizes sizes_of(Profile profile) {
  switch (profile) {
    case Profile::ci:
      return {about_three, {1, 3}, {1, 3}, {2, 12}, {1, 4}, {20, 30}};
    case Profile::big:
      return {several, {1, 4}, {1, 3}, {8, 30}, {1, 5}, {60, 180}};
    case Profile::clocks:
      return {about_three, {1, 2}, {1, 2}, {2, 10}, {1, 3}, {20, 30}};
    case Profile::lite:
      return {few, {1, 1}, {1, 2}, {2, 4}, {1, 1}, {10, 15}};
  }
  return {about_three, {1, 1}, {1, 1}, {2, 2}, {1, 1}, {20, 20}};
}

bool suits(const PlanCluster& cluster, Option option) {
  switch (option) {
    case Option::everysec:
      return cluster.durability == Durability::buffer;
    case Option::hot_document:
      return cluster.documents > 1;
    case Option::slow_shards:
      return cluster.shards > 1;
    case Option::zero_client_latency:
      return !has_option(cluster, Option::slow_links);
    default:
      return true;
  }
}

// Each seed has its own idea of how many options are usual: none in some, most in others.
void add_options(PlanRandom& random, PlanCluster& cluster) {
  constexpr std::array<std::uint64_t, 5> percents = {0, 10, 25, 40, 70};
  const std::uint64_t percent = random.pick<std::uint64_t>(percents);
  for (const OptionInfo& info : all_options()) {
    // Hides what holding updates back while Redis is away would show: for plans that ask for it.
    if (info.option == Option::commit_without_buffer) continue;
    if (info.option == Option::short_history) continue;  // By a stream of its own.
    // A run of half a minute sees what takes half a minute only if it takes less.
    const bool usual = info.option == Option::short_intervals;
    const bool wanted = random.chance(usual ? 70 : percent);
    if (wanted && suits(cluster, info.option)) add_option(cluster, info.option);
  }
}

}  // namespace

PlanCluster generate_cluster(PlanRandom& random, Profile profile) {
  const Sizes sizes = sizes_of(profile);
  PlanCluster cluster;
  cluster.nodes = random.pick<std::uint32_t>(sizes.nodes);
  cluster.shards = sizes.shards.draw(random);
  cluster.workers = sizes.workers.draw(random);
  cluster.clients = sizes.clients.draw(random);
  cluster.documents = sizes.documents.draw(random);
  cluster.load = seconds(sizes.load_seconds.draw(random));
  // It brings all who have a document open to one node; without it nodes have more to tell each
  // other.
  cluster.gateway = random.chance(45);
  cluster.embedded = cluster.nodes == 1 && random.chance(60);
  const bool buffer = random.chance(55) && !cluster.embedded;
  cluster.durability = buffer ? Durability::buffer : Durability::commit;
  if (!buffer) cluster.workers = PlanCluster{}.workers;
  add_options(random, cluster);
  return cluster;
}

}  // namespace syncline::faults
