#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "server/adapters/beast/upgraded_socket.h"
#include "server/base/bytes.h"
#include "server/base/ids.h"
#include "server/base/instant.h"
#include "server/core/shard.h"
#include "server/ports/clock.h"
#include "server/ports/executor.h"
#include "server/ports/metrics.h"
#include "server/ports/transport.h"

namespace syncline::adapters {

// One shard's thread: an event loop, the WebSocket connections of the shard's documents, and the
// driver that turns what happens into the shard's inputs.
//
// A turn is what one poll of the sockets brought, with the answers that other threads posted
// meanwhile. At its end the loop calls flush() once and then writes each connection's frames with
// one system call.
class ShardLoop final : public ports::Executor, public ports::Transport {
 public:
  struct Options {
    std::size_t index = 0;  // Of this shard among
    std::size_t count = 1;  // so many: makes connection ids unique within the node.
    std::size_t message_bytes_max = limits::message_bytes_max;
    // A peer that is silent for so long is sent a WebSocket ping; after the second, it is dropped.
    Duration ping_after = seconds(30);
    Duration drop_after = seconds(60);
    // How long a message may take from its first byte to its last.
    Duration message_timeout = seconds(120);
    // What may be held of messages that have not arrived whole. Beyond it the connection that
    // holds most is closed.
    std::size_t unfinished_bytes_max = 256 * limits::mebibyte;
    // How long close() waits for a peer to take what is queued and to answer.
    Duration close_timeout = seconds(5);
  };

  // For /status. Counts may be one turn old.
  struct Status {
    std::size_t connections = 0;
    std::size_t rooms = 0;
    bool drained = false;
  };

  // `clock` and `metrics` must outlive the loop.
  ShardLoop(const Options& options, ports::Clock& clock, ports::Metrics& metrics);
  // REQUIRES: stop() was called, if start() was.
  ~ShardLoop() override;

  ShardLoop(const ShardLoop&) = delete;
  ShardLoop& operator=(const ShardLoop&) = delete;

  // Starts the thread. `shard`, which was built on this transport, must live until stop() returns.
  void start(core::Shard& shard);

  // Ends the thread; whatever is open is cut off. What is posted afterwards never runs.
  void stop();

  // From any thread.

  void adopt(UpgradedSocket socket);
  // Shard::drain() and Shard::drain_expired() on the shard's thread.
  void drain();
  void drain_expired();
  Status status() const;
  void post(std::function<void()> task) override;

  // The transport, for the shard.

  void send(ConnectionId connection, SharedBytes frame) override;
  void set_reading(ConnectionId connection, bool reading) override;
  void close(ConnectionId connection, std::uint16_t code, std::string_view reason) override;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace syncline::adapters
