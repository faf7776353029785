#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "server/adapters/beast/operator_desk.h"
#include "server/app/messaging.h"
#include "server/core/shard.h"
#include "server/ports/control.h"
#include "server/ports/executor.h"
#include "server/ports/log.h"
#include "server/ports/session_registry.h"

namespace syncline::app {

// What operators may see and order at one node. What concerns this node alone needs nobody else;
// what concerns others goes to them through Redis.
class NodeDesk final : public adapters::OperatorDesk, public ports::SessionRegistrySink {
 public:
  // One of the node's shards. All must live until the desk has ended.
  struct Shard {
    ports::Executor& executor;  // Of its thread.
    core::Shard& shard;
    ShardMessaging& messaging;
  };

  // `node` is the name of this one. `log` must outlive the desk.
  NodeDesk(std::string node, ports::Log& log);

  // REQUIRES: called once, with at least one shard, before the first question.
  void open(std::vector<Shard> shards, Messaging& messaging);
  // Answers what waits, and what is asked later, with `unavailable`. From any thread.
  void end();

  // Somebody ordered this node to drain. From any thread.
  void order_drain() { drain_ordered_.store(true); }
  bool drain_ordered() const { return drain_ordered_.load(); }

  const std::string& node() const override { return node_; }
  Result<std::vector<ports::RegisteredConnection>> connections_of_document(
      const DocumentName& document) override;
  Result<std::vector<ports::RegisteredConnection>> connections_of_node(
      const std::string& node) override;
  Result<void> drain(const std::string& node) override;
  Result<void> evict(const DocumentName& document) override;
  Result<void> disconnect(const std::string& node, ConnectionId connection) override;

  // On the first shard's thread.
  void on_connections(RequestToken token,
                      Result<std::vector<ports::RegisteredConnection>> connections) override;

 private:
  using Connections = Result<std::vector<ports::RegisteredConnection>>;

  // Asks the registry on the first shard's thread, and waits.
  Connections ask(std::function<void(ports::SessionRegistry&, RequestToken)> question);
  // Gives an order on the first shard's thread, if the others can be reached.
  Result<void> tell_others(std::function<void(ports::Control&)> order);

  // Constant after construction, and after open().
  const std::string node_;
  ports::Log& log_;
  std::vector<Shard> shards_;
  Messaging* messaging_ = nullptr;

  std::atomic<bool> drain_ordered_ = false;

  std::mutex mutex_;
  // With mutex_.
  bool ended_ = false;
  RequestToken last_token_;
  std::map<RequestToken, std::promise<Connections>> waiting_;
};

// What others order of one shard, on its thread.
class ShardOrders final : public ports::ControlSink {
 public:
  ShardOrders(core::Shard& shard, NodeDesk& desk) : shard_(shard), desk_(desk) {}

  // All shards hear it, and the process ends, so it is the process's business.
  void on_control_drain() override { desk_.order_drain(); }
  void on_control_evict(const DocumentName& document) override { shard_.evict(document); }
  void on_control_revoke_connection(ConnectionId connection) override {
    shard_.revoke_connection(connection);
  }
  void on_control_revoke_user(const std::string& user) override { shard_.revoke_user(user); }

 private:
  core::Shard& shard_;
  NodeDesk& desk_;
};

}  // namespace syncline::app
