#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "server/base/bytes.h"

namespace syncline::crdt {

// "01 02 ff" as bytes.
inline Bytes from_hex(std::string_view text) {
  Bytes out;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::byte>(high << 4 | digit));
      high = -1;
    }
  }
  return out;
}

inline std::string to_hex(BytesView bytes) {
  std::string out;
  for (const std::byte byte : bytes) {
    constexpr char digits[] = "0123456789abcdef";
    out += digits[std::to_integer<unsigned>(byte) >> 4];
    out += digits[std::to_integer<unsigned>(byte) & 0xF];
  }
  return out;
}

}  // namespace syncline::crdt
