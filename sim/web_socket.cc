#include "sim/web_socket.h"

#include <utility>

namespace syncline::sim {
namespace {

constexpr std::uint32_t header_bytes = 14;
constexpr std::uint32_t handshake_bytes = 200;

}  // namespace

void send_web_socket(Network& network, LinkId link, Side from, WebSocketEnd& to,
                     WebSocketMessage message) {
  std::string_view what;
  auto bytes = static_cast<std::uint32_t>(message.frame.size()) + header_bytes;
  switch (message.step) {
    case WebSocketStep::upgraded:
      what = "101";
      bytes = handshake_bytes;
      break;
    case WebSocketStep::refused:
      what = "503";
      bytes = handshake_bytes;
      break;
    case WebSocketStep::frame:
      what = describe_frame(message.frame.view());
      break;
    case WebSocketStep::close:
      what = "close";
      break;
  }
  network.send(link, from, bytes, what,
               [&to, link, message = std::move(message)] { to.on_web_socket(link, message); });
}

std::string_view describe_frame(BytesView frame) {
  if (frame.empty()) return "empty frame";
  switch (static_cast<unsigned>(frame[0])) {
    case 0:
      break;
    case 1:
      return "awareness";
    case 3:
      return "awareness query";
    case 110:
      return "saved";
    default:
      return "unknown frame";
  }
  if (frame.size() < 2) return "unknown frame";
  switch (static_cast<unsigned>(frame[1])) {
    case 0:
      return "step 1";
    case 1:
      return "step 2";
    case 2:
      return "update";
    default:
      return "unknown frame";
  }
}

}  // namespace syncline::sim
