#include "tests/world/frames.h"

#include <variant>

#include "server/lib0/decoder.h"
#include "server/protocol/awareness.h"
#include "server/protocol/y_websocket.h"

namespace syncline::world {
namespace {

namespace y_websocket = protocol::y_websocket;

std::string describe_update(BytesView update, const ClientNames& names) {
  const auto ids = client::read_update_ids(update);
  return ids.ok() ? ids->to_string(names) : "unreadable";
}

// Acknowledgements and denials, which parse() refuses because only a server sends them.
std::string describe_server_message(BytesView frame) {
  lib0::Decoder in(frame);
  std::uint64_t type = 0;
  std::uint64_t value = 0;
  if (!in.take_var_uint(type) || !in.take_var_uint(value)) return "unreadable";
  if (type == 110 && in.done()) return "ack " + std::to_string(value);
  std::string_view reason;
  if (type == 2 && value == 0 && in.take_var_string(reason) && in.done()) {
    return "denied \"" + std::string(reason) + "\"";
  }
  return "unreadable";
}

struct Describe {
  const ClientNames& names;

  std::string operator()(const y_websocket::SyncStep1& m) const {
    return "step1 " + client::state_vector_text(m.state_vector, names);
  }
  std::string operator()(const y_websocket::SyncStep2& m) const {
    return "step2 " + describe_update(m.update, names);
  }
  std::string operator()(const y_websocket::Update& m) const {
    return "update " + describe_update(m.update, names);
  }
  std::string operator()(const y_websocket::Awareness& m) const {
    const std::string states = describe_awareness(m.awareness_update, names);
    return states.empty() ? "keepalive" : "awareness " + states;
  }
  std::string operator()(const y_websocket::QueryAwareness&) const { return "query-awareness"; }
};

}  // namespace

std::string describe_frame(BytesView frame, const ClientNames& names) {
  const auto message = y_websocket::parse(frame);
  return message.ok() ? std::visit(Describe{names}, *message) : describe_server_message(frame);
}

std::string describe_awareness(BytesView update, const ClientNames& names) {
  const auto entries = protocol::decode_awareness(update, {.entries_max = 100'000});
  if (!entries.ok()) return "unreadable";
  std::string out;
  for (const protocol::AwarenessEntry& entry : *entries) {
    const auto found = names.find(entry.client);
    if (!out.empty()) out += ' ';
    out += found == names.end() ? std::to_string(entry.client) : found->second;
    out += '@' + std::to_string(entry.clock) + '=' + entry.state;
  }
  return out;
}

}  // namespace syncline::world
