#pragma once

#include <cstdint>
#include <string_view>

namespace syncline::protocol {

// Why the server ends a connection. Stock y-websocket clients >= 3.1 stop for good on 4400-4499 and
// reconnect on everything else, so a code says whether trying again can help.
// docs/protocol.md has the table; every use is counted in syncline_rejected_total{reason}.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  protocol_error = 1002,    // A frame that is no message of the protocol.
  unsupported_data = 1003,  // A text frame.
  malformed = 1007,         // A message whose content cannot be decoded.
  restarting = 1012,        // The node drains, or the document is loaded anew; reconnect.
  try_again_later = 1013,   // Too busy, or the document cannot be loaded now; reconnect later.
  bad_request = 4400,       // The document name is not legal.
  forbidden = 4403,         // No right to the document, or not any more.
  quarantined = 4410,       // The document's log holds something unreadable; an operator must look.
  message_too_large = 4413,  // The message is above --max-message-bytes.
  update_refused =
      4422,  // The update would harm other clients, or the document's limits forbid it.
};

constexpr std::uint16_t number(CloseCode code) { return static_cast<std::uint16_t>(code); }

}  // namespace syncline::protocol
