#pragma once

#include <cstdint>
#include <string_view>

#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "sim/network.h"

namespace syncline::sim {

enum class WebSocketStep : std::uint8_t {
  upgraded,  // 101: the handshake is done.
  refused,   // 503: not by this server, not now.
  frame,     // A binary message.
  close,     // A close frame.
};

// What travels on a link that carries one WebSocket.
struct WebSocketMessage {
  WebSocketStep step;
  std::uint16_t code = 0;  // Of a close.
  SharedBytes frame = {};
};

// One end of WebSockets.
class WebSocketEnd : public LinkEvents {
 public:
  virtual void on_web_socket(LinkId link, const WebSocketMessage& message) = 0;

 protected:
  ~WebSocketEnd() = default;
};

// GET /ws/DOCUMENT?acks=1
struct UpgradeRequest {
  DocumentName document;
  bool acks;
  Party client;
  std::uint64_t attempt;  // The client's number of it.
};

// Who takes WebSockets and answers health checks.
class WebServer : public Listener, public WebSocketEnd {
 public:
  // Answered to `from`.
  virtual void on_upgrade(LinkId link, const UpgradeRequest& request, WebSocketEnd& from) = 0;
  // GET /readyz
  virtual bool is_ready() const = 0;

 protected:
  ~WebServer() = default;
};

// Sends over a link to its other end. `to` must live while that side of the link is open.
void send_web_socket(Network& network, LinkId link, Side from, WebSocketEnd& to,
                     WebSocketMessage message);

// "update", "awareness": what a frame of the y-websocket protocol is, for pictures.
std::string_view describe_frame(BytesView frame);

}  // namespace syncline::sim
