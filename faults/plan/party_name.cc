#include "faults/plan/party_name.h"

#include <array>
#include <charconv>

namespace syncline::faults {
namespace {

struct RoleName {
  Role role;
  std::string_view name;
  std::string_view group;  // Empty: a cluster has at most one of it.
};

constexpr std::array<RoleName, role_count> role_names = {{
    {Role::client, "client", "clients"},
    {Role::gateway, "gateway", ""},
    {Role::node, "node", "nodes"},
    {Role::worker, "worker", "workers"},
    {Role::redis, "redis", ""},
    {Role::postgres, "postgres", ""},
    {Role::store, "store", ""},
}};

const RoleName& entry(Role role) { return role_names[static_cast<std::size_t>(role)]; }

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc{} || stop != end || number == 0 || text.front() == '0') return {};
  return number;
}

}  // namespace

std::string_view name(Role role) { return entry(role).name; }

std::optional<PartyName> parse_party(std::string_view text) {
  for (const RoleName& known : role_names) {
    if (known.group.empty()) {
      if (text == known.name) return PartyName{known.role};
      continue;
    }
    if (text == known.group) return PartyName{known.role, 0};
    const std::size_t prefix = known.name.size() + 1;
    if (text.size() <= prefix || !text.starts_with(known.name) || text[prefix - 1] != '-') continue;
    const std::optional<std::uint32_t> number = parse_number(text.substr(prefix));
    if (!number.has_value()) return {};
    return PartyName{known.role, *number};
  }
  return {};
}

std::string print_party(PartyName party) {
  const RoleName& known = entry(party.role);
  if (known.group.empty()) return std::string(known.name);
  if (party.is_group()) return std::string(known.group);
  return std::string(known.name) + "-" + std::to_string(party.number);
}

std::uint32_t count_of(const PlanCluster& cluster, Role role) {
  switch (role) {
    case Role::client:
      return cluster.clients;
    case Role::gateway:
      return cluster.gateway ? 1 : 0;
    case Role::node:
      return cluster.nodes;
    case Role::worker:
      return cluster.durability == Durability::buffer ? cluster.workers : 0;
    case Role::redis:
    case Role::postgres:
      return cluster.embedded ? 0 : 1;
    case Role::store:
      return cluster.embedded ? 1 : 0;
  }
  return 0;
}

}  // namespace syncline::faults
