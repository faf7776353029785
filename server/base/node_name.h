#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace syncline {

inline constexpr std::size_t node_name_bytes_max = 64;

// What tells the nodes of a cluster apart: 1 to 64 letters of ASCII, digits, dots, hyphens and
// underscores. So a name needs no quotes in an address, a log, or a key of Redis.
constexpr bool is_node_name(std::string_view text) {
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= node_name_bytes_max && std::ranges::all_of(text, legal);
}

}  // namespace syncline
