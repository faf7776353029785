#pragma once

#include <cstdint>
#include <string_view>

#include "server/base/result.h"

namespace syncline::adapters::redis {

// What helps against an error.
enum class Remedy : std::uint8_t {
  none,
  load_scripts,  // The server has lost them: a new handshake brings them.
  look_up,       // It is a cluster, and the slot is elsewhere, or on its way.
  reconnect,     // The server is no master that serves; another may be there by now.
};

// What an error reply means.
struct Refusal {
  bool definite;  // Nothing was changed.
  ErrorCode error;
  Remedy remedy;
};

// `text` is the whole error. Redis 6.2 wraps what a command within a script was refused with.
Refusal refusal_of(std::string_view text);

}  // namespace syncline::adapters::redis
