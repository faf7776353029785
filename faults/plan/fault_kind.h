#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include "faults/plan/party_name.h"
#include "faults/plan/plan.h"

namespace syncline::faults {

inline constexpr std::size_t fault_kind_count = static_cast<std::size_t>(FaultKind::count_);

// A set of roles: whom a kind of fault can hit.
class RoleSet {
 public:
  constexpr RoleSet(std::initializer_list<Role> roles) {
    for (const Role role : roles) bits_ |= bit(role);
  }
  constexpr bool contains(Role role) const { return (bits_ & bit(role)) != 0; }

 private:
  static constexpr std::uint32_t bit(Role role) {
    return std::uint32_t{1} << static_cast<unsigned>(role);
  }
  std::uint32_t bits_ = 0;
};

// What a kind of fault is done to.
enum class Hits : std::uint8_t {
  link,       // Both directions between two parties: "node-1 - redis".
  direction,  // One direction: "node-1 > redis".
  party,      // One party, or all of a role: "node-1", "nodes".
  all_nodes,  // "nodes".
};

// What a kind of fault is told beyond its target and how long it lasts.
enum class Parameter : std::uint8_t {
  none,
  amount,         // A duration above zero.
  signed_amount,  // A duration, forwards or back.
  ppm,
  every,
};

// The registry of fault kinds: the parser, the printer, the generator, the documents and
// `syncline-sim list` all read it.
struct FaultKindInfo {
  FaultKind kind;
  std::string_view name;  // In plans.
  Hits hits;
  RoleSet roles;  // Of the party that is hit; for links, any link of the cluster will do.
  Parameter parameter;
  bool lasts;  // It has a `for`; else it is over at once.
  std::string_view help;
};

std::span<const FaultKindInfo> all_fault_kinds();
const FaultKindInfo& fault_kind_info(FaultKind kind);
std::optional<FaultKind> parse_fault_kind(std::string_view name);

inline bool hits_link(FaultKind kind) {
  const Hits hits = fault_kind_info(kind).hits;
  return hits == Hits::link || hits == Hits::direction;
}

}  // namespace syncline::faults
