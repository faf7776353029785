#pragma once

#include <string>
#include <string_view>

#include "server/base/result.h"

namespace syncline::protocol {

// What the target of a WebSocket upgrade, `/ws/{document}?acks=1`, asks for.
struct RequestTarget {
  std::string document;  // Percent-decoded: slashes, spaces and Unicode are legal.
  bool acks = false;
};

// Reads the origin-form target of an upgrade request (RFC 9112, 3.2.1). Errors: not_found if it
// does not begin with /ws/; invalid_argument for a broken percent-escape or a fragment. Unknown
// query parameters are ignored, as clients send tokens and cache-breakers of their own. The
// document name is decoded but not judged: DocumentName::parse does that.
Result<RequestTarget> parse_request_target(std::string_view target);

}  // namespace syncline::protocol
