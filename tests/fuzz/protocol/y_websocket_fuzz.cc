// Any bytes as one frame from a client: read or refused, and what was read comes back.

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "server/base/assert.h"
#include "server/protocol/y_websocket.h"

namespace {

using namespace syncline;
using namespace syncline::protocol;

struct Rewrite {
  Bytes operator()(const y_websocket::SyncStep1& m) {
    return y_websocket::sync_step1(m.state_vector);
  }
  Bytes operator()(const y_websocket::SyncStep2& m) { return y_websocket::sync_step2(m.update); }
  Bytes operator()(const y_websocket::Update& m) { return y_websocket::update(m.update); }
  Bytes operator()(const y_websocket::Awareness& m) {
    return y_websocket::awareness(m.awareness_update);
  }
  Bytes operator()(const y_websocket::QueryAwareness&) { return {std::byte{3}}; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView frame = std::as_bytes(std::span(data, size));
  const auto message = y_websocket::parse(frame);
  if (!message.ok()) return 0;
  const Bytes again = std::visit(Rewrite{}, *message);
  const auto reread = y_websocket::parse(again);
  SYNCLINE_ASSERT(reread.ok());
  SYNCLINE_ASSERT(reread->index() == message->index(), reread->index(), message->index());
  SYNCLINE_ASSERT(again.size() <= frame.size(), again.size(), frame.size());
  return 0;
}
