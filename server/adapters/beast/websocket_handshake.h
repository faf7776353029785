#pragma once

#include <span>
#include <string>
#include <string_view>

#include "server/base/bytes.h"
#include "server/base/result.h"

namespace syncline::adapters {

// The headers of an upgrade request (RFC 6455, section 4.2.1). The views live as long as the
// request.
struct HandshakeRequest {
  std::string_view version = {};    // Sec-WebSocket-Version
  std::string_view key = {};        // Sec-WebSocket-Key
  std::string_view protocols = {};  // Sec-WebSocket-Protocol: what the client offers, in its order.
};

// The answer 101 Switching Protocols. The first protocol that the client offers is taken, whatever
// it is: browsers fail a handshake in which none is. No extension is accepted (docs/protocol.md
// says why). Errors: unsupported_version, for which the server answers 426; malformed.
Result<Bytes> handshake_response(const HandshakeRequest& request);

// Whether a page from `origin` may open a WebSocket. An empty list of allowed origins allows all;
// "same" allows the host the request was sent to. A client that is no browser sends no origin, and
// may.
bool origin_allowed(std::string_view origin, std::string_view host,
                    std::span<const std::string> allowed);

}  // namespace syncline::adapters
