#pragma once

#include <cstdint>
#include <cstring>

#include "server/base/bytes.h"

// 64-bit digests, the same on every machine of the same byte order. Two different things have the
// same one by chance about never: a run compares far less than 2^32 things.

namespace syncline::checkers {

inline std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 32;
  value *= 0xD6E8FEB86659FD93;
  value ^= value >> 32;
  value *= 0xD6E8FEB86659FD93;
  value ^= value >> 32;
  return value;
}

inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return mix(a ^ mix(b + 0x9E3779B97F4A7C15));
}

inline std::uint64_t digest_of(BytesView bytes, std::uint64_t seed = 0) {
  std::uint64_t a = mix(seed, bytes.size());
  std::uint64_t b = ~a;  // Two lanes, because a multiplication takes its time.
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 16; left -= 16, at += 16) {
    std::uint64_t words[2];
    std::memcpy(words, at, 16);
    a = (a ^ words[0]) * 0xD6E8FEB86659FD93;
    b = (b ^ words[1]) * 0x9FB21C651E98DF25;
    a ^= a >> 29;
    b ^= b >> 31;
  }
  std::uint64_t words[2] = {0, 0};
  if (left > 0) std::memcpy(words, at, left);
  return mix(mix(a, words[0]), mix(b, words[1]));
}

}  // namespace syncline::checkers
