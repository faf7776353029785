#pragma once

#include <cstdint>
#include <string_view>

namespace syncline::adapters::redis {

inline constexpr std::uint16_t cluster_slots = 16384;

// Which slot of a Redis Cluster holds the keys with this hash tag: CRC-16/XMODEM, as the Redis
// Cluster specification says.
std::uint16_t cluster_slot(std::string_view tag);

}  // namespace syncline::adapters::redis
