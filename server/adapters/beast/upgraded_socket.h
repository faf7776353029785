#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/base/bytes.h"
#include "server/core/shard.h"

namespace syncline::adapters {

// A socket on which a client has asked for a WebSocket, on its way from the HTTP server to the
// shard of its document.
struct UpgradedSocket {
  // Why it is closed at once, when the request names no document.
  struct Refusal {
    protocol::CloseCode code;
    std::string reason;
  };

  int descriptor = -1;  // Owned by whoever holds this.
  Bytes response;       // 101 Switching Protocols: the first bytes to send.
  Bytes early;          // What the client sent behind its request.
  core::ConnectRequest request;
  std::optional<Refusal> refusal;
};

}  // namespace syncline::adapters
