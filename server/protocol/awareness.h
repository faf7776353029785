#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/limits.h"
#include "server/base/result.h"

// The awareness update of y-protocols: who is here, and what they say of themselves.

namespace syncline::protocol {

// One client's state in an awareness update. "null" means that it has gone.
struct AwarenessEntry {
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
  std::string state = "null";  // JSON text, as the client wrote it, without spaces around it.

  bool gone() const { return state == "null"; }
  friend bool operator==(const AwarenessEntry&, const AwarenessEntry&) = default;
};

// The highest clock that is taken from a client. Its owner and the server still add to it, and from
// 2^53 on stock clients throw.
inline constexpr std::uint64_t awareness_clock_max = limits::safe_integer_max / 2;

struct AwarenessLimits {
  std::size_t entries_max = 1024;
  std::size_t state_bytes_max = limits::awareness_state_bytes_max;
};

// Decodes and checks an awareness update: every state must be JSON that JSON.parse accepts, since a
// stock client throws on anything else. Errors: those of the decoder, number_too_large for a clock
// above awareness_clock_max, invalid_json, too_deep, too_large, trailing_bytes.
Result<std::vector<AwarenessEntry>> decode_awareness(BytesView update,
                                                     const AwarenessLimits& limits);

// REQUIRES: every state is JSON text.
Bytes encode_awareness(std::span<const AwarenessEntry> entries);

}  // namespace syncline::protocol
