#include "server/protocol/y_websocket.h"

#include <string>
#include <utility>

#include "server/lib0/decoder.h"
#include "server/lib0/encoder.h"

namespace syncline::protocol::y_websocket {
namespace {

enum MessageType : std::uint64_t {
  type_sync = 0,
  type_awareness = 1,
  type_auth = 2,
  type_query_awareness = 3,
  type_acknowledgement = 110,
};

enum SyncType : std::uint64_t { sync_step_1 = 0, sync_step_2 = 1, sync_update = 2 };

constexpr std::uint64_t permission_denied_tag = 0;

Error unknown(std::string_view what, std::uint64_t type) {
  return Error{ErrorCode::unknown_type, std::string(what) + " type " + std::to_string(type)};
}

Result<Message> parse_sync(lib0::Decoder& decoder) {
  SYNCLINE_ASSIGN(const std::uint64_t type, decoder.read_var_uint());
  if (type > sync_update) return unknown("sync message", type);
  SYNCLINE_ASSIGN(const BytesView payload, decoder.read_var_bytes());
  if (type == sync_step_1) return Message(SyncStep1{payload});
  if (type == sync_step_2) return Message(SyncStep2{payload});
  return Message(Update{payload});
}

Result<Message> parse_any(lib0::Decoder& decoder) {
  SYNCLINE_ASSIGN(const std::uint64_t type, decoder.read_var_uint());
  switch (type) {
    case type_sync:
      return parse_sync(decoder);
    case type_awareness: {
      SYNCLINE_ASSIGN(const BytesView payload, decoder.read_var_bytes());
      return Message(Awareness{payload});
    }
    case type_query_awareness:
      return Message(QueryAwareness{});
    default:
      return unknown("message", type);
  }
}

Bytes sync_frame(SyncType type, BytesView payload) {
  lib0::Encoder encoder;
  encoder.write_var_uint(type_sync);
  encoder.write_var_uint(type);
  encoder.write_var_bytes(payload);
  return encoder.take();
}

}  // namespace

Result<Message> parse(BytesView frame) {
  lib0::Decoder decoder(frame);
  SYNCLINE_ASSIGN(Message message, parse_any(decoder));
  // Stock clients up to 3.1 read one message a frame and drop the rest in silence: a frame with
  // more in it comes from somebody whose edits would be lost in the same way.
  if (!decoder.done()) return Error{ErrorCode::trailing_bytes, "a frame holds one message"};
  return message;
}

Bytes sync_step1(BytesView state_vector) { return sync_frame(sync_step_1, state_vector); }

Bytes sync_step2(BytesView update) { return sync_frame(sync_step_2, update); }

Bytes update(BytesView update) { return sync_frame(sync_update, update); }

Bytes awareness(BytesView awareness_update) {
  lib0::Encoder encoder;
  encoder.write_var_uint(type_awareness);
  encoder.write_var_bytes(awareness_update);
  return encoder.take();
}

Bytes permission_denied(std::string_view reason) {
  lib0::Encoder encoder;
  encoder.write_var_uint(type_auth);
  encoder.write_var_uint(permission_denied_tag);
  encoder.write_var_string(reason);
  return encoder.take();
}

Bytes acknowledgement(std::uint64_t durable) {
  lib0::Encoder encoder;
  encoder.write_var_uint(type_acknowledgement);
  encoder.write_var_uint(durable);
  return encoder.take();
}

Bytes keepalive() {
  constexpr std::byte no_entries[] = {std::byte{0}};
  return awareness(no_entries);
}

}  // namespace syncline::protocol::y_websocket
