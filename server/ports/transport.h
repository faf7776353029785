#pragma once

#include <cstdint>
#include <string_view>

#include "server/base/bytes.h"
#include "server/base/ids.h"

namespace syncline::ports {

// The sockets of one shard, as the core sees them: WebSocket connections whose handshake is done.
// Every call is made on the shard's thread and returns at once; nothing calls back from within.
// Implementations: adapters/beast, tests/world.
class Transport {
 public:
  virtual ~Transport() = default;

  // Queues one binary frame. When it has been handed to the operating system, the shard hears
  // on_sent(connection, frame.size()). The core bounds what it queues by waiting for that.
  // REQUIRES: `connection` was announced by on_connect and neither side has closed it.
  virtual void send(ConnectionId connection, SharedBytes frame) = 0;

  // Starts or stops reading from the socket. A new connection starts stopped. Stopping holds back
  // the peer by TCP's own flow control; one message already read may still arrive.
  virtual void set_reading(ConnectionId connection, bool reading) = 0;

  // Sends what is queued, then the close frame, then closes; gives up on a peer that does not read
  // after a few seconds. The shard hears nothing more of the connection, not even on_disconnect.
  virtual void close(ConnectionId connection, std::uint16_t code, std::string_view reason) = 0;
};

}  // namespace syncline::ports
