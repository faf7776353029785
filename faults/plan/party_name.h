#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "faults/plan/plan.h"

namespace syncline::faults {

// What somebody is in a cluster.
enum class Role : std::uint8_t { client, gateway, node, worker, redis, postgres, store };

inline constexpr std::size_t role_count = 7;

// Whom a plan names: "node-2", "redis"; or all of a kind: "nodes".
struct PartyName {
  Role role;
  std::uint32_t number = 1;  // From 1; 0: all of them.

  bool is_group() const { return number == 0; }
  friend bool operator==(const PartyName&, const PartyName&) = default;
};

// Nothing if the text names nobody: "node-0", "redis-1", "server".
std::optional<PartyName> parse_party(std::string_view text);

std::string print_party(PartyName party);

// "node"; with the article: "a node".
std::string_view name(Role role);

// How many of them the cluster has. No workers without the write buffer, no Redis and PostgreSQL
// beside the embedded store.
std::uint32_t count_of(const PlanCluster& cluster, Role role);

}  // namespace syncline::faults
