#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/instant.h"
#include "server/core/config.h"
#include "server/ports/broker.h"
#include "server/ports/clock.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"
#include "server/ports/random.h"
#include "server/ports/session_registry.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/transport.h"
#include "server/ports/update_store.h"
#include "server/ports/write_buffer.h"
#include "server/protocol/close_code.h"

namespace syncline::core {

// The world of one shard. All must outlive the shard; all belong to its thread, except where the
// port says that it may be called from any.
struct Ports {
  ports::Clock& clock;
  ports::Random& random;
  ports::Transport& transport;
  ports::UpdateStore& updates;
  ports::SnapshotStore& snapshots;
  ports::Broker& broker;
  ports::SessionRegistry& sessions;
  ports::Metrics& metrics;
  ports::Log& log;
  // Null: an update is durable when it is in the log (durability=commit).
  ports::WriteBuffer* buffer = nullptr;
};

// What a client asked for when it opened its WebSocket.
struct ConnectRequest {
  std::string
      document;       // As in the URL, percent-decoded; the shard checks that it is a legal name.
  bool acks = false;  // ?acks=1: wants message 110.
  std::string client = {};  // Where it is, for logs; empty if that is not known.
  std::string user = {};    // Whose it is; empty if that is not known.
};

// Why a connection must be ended before the core would see its message; the adapter found out.
enum class FrameFault : std::uint8_t {
  text_frame,
  too_large,
  too_slow,  // It did not arrive whole in time, or so much was arriving that there is no room.
};

// All rooms and connections of one shard of a node: the facade of server/core.
//
// A document, its room and its connections live on exactly one shard of a node, chosen by the
// document's stable_hash. A shard is a state machine on one logical thread: the world calls an
// on_... input, the shard asks its ports, the answers come back later as other inputs, never from
// within a call. The same inputs in the same order give the same outputs.
//
// After a batch of inputs (one turn of the event loop) the driver calls flush(): what the turn
// received for a room leaves as one merged update. The driver also calls on_deadline() once
// next_deadline() has passed.
class Shard final : public ports::UpdateStoreSink,
                    public ports::SnapshotStoreSink,
                    public ports::WriteBufferSink,
                    public ports::BrokerSink {
 public:
  Shard(const Config& config, const Ports& ports);
  ~Shard();

  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Inputs.

  // The WebSocket handshake of a new connection is done. The transport reads nothing yet.
  void on_connect(ConnectionId connection, ConnectRequest request);
  // One binary message. The view must live until the call returns.
  void on_message(ConnectionId connection, BytesView message);
  void on_frame_fault(ConnectionId connection, FrameFault fault);
  // The operating system took a frame of so many bytes that was given to Transport::send. With 0:
  // it took some of a frame, or the peer some of what it had taken; so the peer is not stalled.
  void on_sent(ConnectionId connection, std::size_t bytes);
  // The peer closed, or the socket failed.
  void on_disconnect(ConnectionId connection);

  void on_append_done(RequestToken token, ports::AppendResult result) override;
  void on_log_page(RequestToken token, Result<ports::LogPage> page) override;
  void on_log_heads(RequestToken token, Result<std::vector<Sequence>> heads) override;
  void on_snapshot_read(RequestToken token,
                        Result<std::optional<ports::Snapshot>> snapshot) override;
  void on_snapshot_written(RequestToken token, ports::SnapshotOutcome outcome) override;
  void on_buffer_append_done(RequestToken token, ports::BufferAppendResult result) override;
  void on_buffer_page(RequestToken token, Result<ports::BufferPage> page) override;
  void on_buffer_heads(RequestToken token, Result<ports::BufferHeads> heads) override;
  // Answers to workers only.
  void on_buffer_claimed(RequestToken token, Result<std::vector<DocumentName>> documents) override;
  void on_buffer_trimmed(RequestToken token, Result<ports::BufferHead> head) override;
  // The connection to the buffer, or the one on which others are heard, was lost and is back:
  // something may have been missed. Also without a buffer.
  void on_buffer_reconnected();
  void on_broker_update(const DocumentName& document, Sequence sequence,
                        SharedBytes update) override;
  void on_buffer_update(const DocumentName& document, ports::BufferPosition position,
                        SharedBytes update) override;
  void on_broker_awareness(const DocumentName& document, SharedBytes awareness) override;
  void on_broker_awareness_query(const DocumentName& document) override;
  void on_broker_subscribed(const DocumentName& document) override;
  void on_buffer_filling(bool filling) override;

  // The end of a turn: forwards what it brought.
  void flush();
  // True if flush() has something to do.
  bool needs_flush() const;

  // The earliest time at which on_deadline() has something to do; never before the next input may
  // change it. Instant::never() if nothing waits for time.
  Instant next_deadline() const;
  void on_deadline();

  // Orders of an operator, or of whoever takes rights away.

  // Drops the document from memory, to be loaded anew from the store by whoever comes next. Its
  // connections are handed off as by drain(), all at once; newcomers are refused (1013) until what
  // was sent is durable and the old room is gone. No snapshot is made of what was in memory.
  void evict(const DocumentName& document);
  // Ends the connection (4403), if it is one of this shard's. What it sent before is kept.
  void revoke_connection(ConnectionId connection);
  // Ends all connections of the user; of nobody if it is empty.
  void revoke_user(const std::string& user);

  // SIGTERM: takes no new connection. Hands its connections off, over Config::handoff_spread: of
  // each, no message is taken any more, and it is closed with 1012 once what it sent is durable (or
  // when `drain_expired` is called). Then writes final snapshots.
  void drain();
  // Closes what is left at once.
  void drain_expired();
  // True once nothing waits for the store and no connection is open.
  bool drained() const;

  // Observers, for tests, /status and checkers.
  std::size_t connection_count() const;
  std::size_t room_count() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace syncline::core
