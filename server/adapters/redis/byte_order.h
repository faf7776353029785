#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "server/base/bytes.h"

namespace syncline::adapters::redis {

// Eight bytes, the lowest first.
inline void append_number(std::string& text, std::uint64_t number) {
  for (int i = 0; i < 8; ++i) text.push_back(static_cast<char>(number >> (8 * i) & 0xff));
}

// REQUIRES: bytes.size() >= 8.
inline std::uint64_t number_at_front(BytesView bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 8; i-- > 0;) number = number << 8 | std::to_integer<unsigned>(bytes[i]);
  return number;
}

}  // namespace syncline::adapters::redis
