#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sim/shard_actor.h"
#include "sim/worker_actor.h"

namespace syncline::sim {

// A server node: accepts WebSockets and gives each to the shard that has its document. Lives for
// the whole run; its process and all it knows come and go.
class Node final : public WebServer {
 public:
  // With a `worker`, one runs inside.
  Node(const ShardSurroundings& surroundings, const NodeSetting& setting,
       std::optional<WorkerSetting> worker = {});
  ~Node();

  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // REQUIRES: !running().
  void start();
  // SIGKILL. REQUIRES: running().
  void crash();
  // SIGTERM: takes nothing new, finishes what it has, and ends; `ended` is then called, unless the
  // node crashes first. REQUIRES: running().
  void drain(std::function<void()> ended);
  bool running() const { return life_ != nullptr; }
  bool draining() const { return running() && draining_; }

  // WebServer.
  LinkEvents* on_link_arrives(LinkId link, Party from) override;
  void on_link_open(LinkId) override {}
  void on_link_end(LinkId link, LinkEnd end) override;
  void on_link_writable(LinkId link) override;
  void on_upgrade(LinkId link, const UpgradeRequest& request, WebSocketEnd& from) override;
  void on_web_socket(LinkId link, const WebSocketMessage& message) override;
  bool is_ready() const override { return running() && !draining_; }

  // Observers.
  Machine& machine() { return surroundings_.machine; }
  Party party() const { return surroundings_.machine.party(); }
  std::size_t connection_count() const;
  std::size_t room_count() const;
  history::MemorySeen memory() const;
  // Sum over the shards. REQUIRES: running().
  std::int64_t level(ports::Gauge gauge) const;
  std::uint64_t count(ports::Counter counter) const;

 private:
  // What one process knows.
  struct Life {
    std::vector<std::unique_ptr<ShardActor>> shards;
    std::unique_ptr<WorkerActor> worker;
    struct Place {
      ShardActor* shard;
      ConnectionId connection;
    };
    std::map<LinkId, Place> places;
    std::uint64_t last_connection = 0;
  };

  void watch_drain();
  void finish();
  void end();

  // Constant after construction.
  const ShardSurroundings surroundings_;
  const NodeSetting setting_;
  const std::optional<WorkerSetting> worker_;

  std::uint64_t lives_ = 0;
  bool draining_ = false;
  std::function<void()> ended_;
  std::unique_ptr<Life> life_;
};

}  // namespace syncline::sim
