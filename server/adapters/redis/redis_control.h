#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/adapters/redis/redis_client.h"
#include "server/adapters/redis/subscriptions.h"
#include "server/ports/control.h"
#include "server/ports/executor.h"

namespace syncline::adapters {

// Orders from and to one shard, over one channel of Redis, syncline:{control}:c0 with the number of
// the database. A message is a byte of kind and then
//
//   1, drain               the node
//   2, evict               the document
//   3, revoke connection   8 bytes of its id (little endian), the node
//   4, revoke user         the user
//
// It must live until the client is stopped and the executor runs no more tasks.
class RedisControl final : public ports::Control, private redis::Listener {
 public:
  // `node` is the id of this one.
  RedisControl(RedisClient& client, ports::Executor& executor, std::string node);

  RedisControl(const RedisControl&) = delete;
  RedisControl& operator=(const RedisControl&) = delete;

  // Where orders go, from now on. REQUIRES: called once.
  void attach(ports::ControlSink& sink);

  void drain_node(const std::string& node) override;
  void evict_document(const DocumentName& document) override;
  void revoke_connection(const std::string& node, ConnectionId connection) override;
  void revoke_user(const std::string& user) override;

 private:
  enum class Kind : std::uint8_t { drain = 1, evict = 2, revoke_connection = 3, revoke_user = 4 };
  using Order = std::function<void(ports::ControlSink&)>;

  void on_message(const std::optional<DocumentName>& document, BytesView message) override;
  void on_messages_end() override;
  void on_subscriptions_stand() override {}

  std::string channel() const;
  void publish(Kind kind, std::string_view body);
  // Null: it is not for this node, or not for this version.
  Order order_of(BytesView message) const;

  // Constant after construction, and after attach().
  RedisClient& client_;
  ports::Executor& executor_;
  const std::string node_;
  ports::ControlSink* sink_ = nullptr;

  // The client's thread only: of this turn.
  std::vector<Order> heard_;
};

}  // namespace syncline::adapters
