#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "loadgen/net/event_loop.h"
#include "loadgen/net/target.h"
#include "server/base/bytes.h"

namespace syncline::loadgen {

// Why a connection ended, or never came to be.
struct SocketEnd {
  std::uint16_t code = 0;   // Of the close frame; 0 if there was none.
  std::string reason = {};  // Of the close frame, or what the system said.
};

// Who is told what becomes of a WebSocket, on the loop's thread. May call send() and close() from
// within, and connect() from within on_closed().
class WebSocketSink {
 public:
  virtual void on_open() = 0;
  // One binary message; the view lives until the call returns.
  virtual void on_message(BytesView message) = 0;
  virtual void on_closed(const SocketEnd& end) = 0;

 protected:
  ~WebSocketSink() = default;
};

// The client's end of one WebSocket at a time. Pings are answered. It takes whatever is sent and
// keeps it until the socket does: whoever sends must not send without limit.
class WebSocket {
 public:
  // The loop and the sink must outlive it.
  WebSocket(EventLoop& loop, WebSocketSink& sink);
  ~WebSocket();

  // Ends what was before without a word.
  void connect(const Target& target, const std::string& path);
  // REQUIRES: open.
  void send(Bytes message);
  // At once; on_closed is not called.
  void close();

 private:
  class Connection;
  EventLoop& loop_;
  WebSocketSink& sink_;
  std::shared_ptr<Connection> connection_;
};

}  // namespace syncline::loadgen
