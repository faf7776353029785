#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "faults/plan/plan.h"

namespace syncline::faults {

// What can be switched on about a cluster and those who use it. A seed switches a random subset on
// (swarm testing): with everything always a little on, much never happens strongly.
enum class Option : std::uint8_t {
  big_pastes,
  coming_and_going,
  commit_without_buffer,
  deletes,
  everysec,
  formats,
  hot_document,
  presence,
  same_position,
  short_history,
  short_intervals,
  slow_links,
  slow_shards,
  surrogates,
  tiny_limits,
  zero_client_latency,
  count_,
};

inline constexpr std::size_t option_count = static_cast<std::size_t>(Option::count_);

struct OptionInfo {
  Option option;
  std::string_view name;  // In plans.
  std::string_view help;
};

// In alphabetical order.
std::span<const OptionInfo> all_options();
std::string_view name(Option option);
std::optional<Option> parse_option(std::string_view name);

bool has_option(const PlanCluster& cluster, Option option);
// Switched on already: nothing happens.
void add_option(PlanCluster& cluster, Option option);

}  // namespace syncline::faults
