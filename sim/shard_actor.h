#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/core/shard.h"
#include "server/ports/transport.h"
#include "sim/backend.h"
#include "sim/event_loop.h"
#include "sim/fakes/session_registry.h"
#include "sim/machine.h"
#include "sim/process_log.h"
#include "sim/process_metrics.h"
#include "sim/web_socket.h"

namespace syncline::sim {

// How a node is built and tuned.
struct NodeSetting {
  core::Config config;
  std::uint32_t shards = 1;
  Duration hand_over_max = microseconds(200);
  // What the operating system takes of one socket before the peer has taken it.
  std::uint64_t socket_buffer_bytes = 64 * 1024;
  Duration drain_timeout = seconds(10);
};

// Who knows what clients are up to.
class ArrivalWitness {
 public:
  // The client's attempt to connect has come as far as the node, which is about to hear of it.
  virtual void on_node_reached(Party client, std::uint64_t attempt, Party node) = 0;

 protected:
  ~ArrivalWitness() = default;
};

// What a shard needs of the run; all must outlive it.
struct ShardSurroundings {
  Machine& machine;
  Network& network;
  const Chronicle& chronicle;
  const Services& services;
  ArrivalWitness& arrivals;
  std::uint64_t seed;
};

// One shard of a node, on a thread of its own: core::Shard with everything that it asks of the
// world. Ends with the life of its process.
class ShardActor final : public ports::UpdateStoreSink,
                         public ports::SnapshotStoreSink,
                         public ports::WriteBufferSink,
                         public ports::BrokerSink,
                         private ports::Transport,
                         private Driven {
 public:
  // `name` tells all shards of all lives apart; `origin` does so among those who live. `closed` is
  // told of links that the shard closes.
  ShardActor(const ShardSurroundings& surroundings, const NodeSetting& setting,
             const std::string& name, std::uint64_t origin, std::function<void(LinkId)> closed);
  ~ShardActor();

  // Connections; their links are accepted already.
  void open(ConnectionId id, LinkId link, WebSocketEnd& peer, const UpgradeRequest& request);
  void on_frame(ConnectionId id, const SharedBytes& frame);
  // The peer closed, or the link is lost.
  void on_lost(ConnectionId id);
  void on_writable(ConnectionId id);

  // SIGTERM.
  void drain();
  void drain_expired();
  bool drained() const { return shard_.drained(); }

  // Answers.
  void on_append_done(RequestToken token, ports::AppendResult result) override;
  void on_log_page(RequestToken token, Result<ports::LogPage> page) override;
  void on_log_heads(RequestToken token, Result<std::vector<Sequence>> heads) override;
  void on_snapshot_read(RequestToken token,
                        Result<std::optional<ports::Snapshot>> snapshot) override;
  void on_snapshot_written(RequestToken token, ports::SnapshotOutcome outcome) override;
  void on_buffer_append_done(RequestToken token, ports::BufferAppendResult result) override;
  void on_buffer_page(RequestToken token, Result<ports::BufferPage> page) override;
  void on_buffer_heads(RequestToken token, Result<ports::BufferHeads> heads) override;
  void on_buffer_claimed(RequestToken token, Result<std::vector<DocumentName>> documents) override;
  void on_buffer_trimmed(RequestToken token, Result<ports::BufferHead> head) override;
  void on_broker_update(const DocumentName& document, Sequence sequence,
                        SharedBytes update) override;
  void on_buffer_update(const DocumentName& document, ports::BufferPosition position,
                        SharedBytes update) override;
  void on_broker_awareness(const DocumentName& document, SharedBytes awareness) override;
  void on_broker_awareness_query(const DocumentName& document) override;
  void on_broker_subscribed(const DocumentName& document) override;

  // Observers.
  const core::Shard& shard() const { return shard_; }
  const ProcessMetrics& metrics() const { return metrics_; }
  // Given to the fullest connection and not yet taken by the operating system.
  std::uint64_t queued_bytes_max() const;

 private:
  struct Connection {
    LinkId link;
    WebSocketEnd* peer;
    Party client;
    DocumentNumber document;
    // Frames that the operating system has not taken whole, oldest first.
    std::deque<std::size_t> untaken;
    std::uint64_t untaken_bytes = 0;  // Invariant: their sum.
  };

  // ports::Transport.
  void send(ConnectionId connection, SharedBytes frame) override;
  void set_reading(ConnectionId connection, bool reading) override;
  void close(ConnectionId connection, std::uint16_t code, std::string_view reason) override;

  // Driven.
  Instant next_deadline() const override { return shard_.next_deadline(); }
  void on_deadline() override { shard_.on_deadline(); }
  void end_turn() override;

  void on_reconnected();
  void take_sent(ConnectionId id, Connection& connection);

  // Constant after construction.
  Machine& machine_;
  Network& network_;
  const Chronicle& chronicle_;
  DocumentNumbers& documents_;
  const NodeSetting setting_;
  const std::function<void(LinkId)> closed_;

  RandomStream random_;
  ProcessMetrics metrics_;
  ProcessLog log_;
  SessionRegistry sessions_;
  std::map<ConnectionId, Connection> connections_;
  std::unique_ptr<Backend> backend_;
  core::Shard shard_;
  EventLoop loop_;
};

}  // namespace syncline::sim
