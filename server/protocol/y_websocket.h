#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "server/base/bytes.h"
#include "server/base/result.h"

// The y-websocket framing: one message per binary WebSocket frame (docs/protocol.md has the bytes).
// Updates, state vectors and awareness updates are opaque bytes here.

namespace syncline::protocol::y_websocket {

// What a client may send. The views point into the frame.
struct SyncStep1 {
  BytesView state_vector;
};
struct SyncStep2 {
  BytesView update;
};
struct Update {
  BytesView update;
};
struct Awareness {
  BytesView awareness_update;
};
struct QueryAwareness {};

using Message = std::variant<SyncStep1, SyncStep2, Update, Awareness, QueryAwareness>;

// Reads exactly one message. Errors: those of the decoder, trailing_bytes; unknown_type for a
// message that a client must not send or that does not exist (auth and acks go only from server to
// client).
Result<Message> parse(BytesView frame);

// What the server sends, each a whole frame.
Bytes sync_step1(BytesView state_vector);
Bytes sync_step2(BytesView update);
Bytes update(BytesView update);
Bytes awareness(BytesView awareness_update);
Bytes permission_denied(std::string_view reason);
// Syncline's extension, for clients that connect with ?acks=1: the first `durable` update-carrying
// messages (step 2 or update) of this connection are in the log for good.
Bytes acknowledgement(std::uint64_t durable);
// A data frame without content: an awareness update of no entries. Keeps stock clients from
// reconnecting.
Bytes keepalive();

}  // namespace syncline::protocol::y_websocket
