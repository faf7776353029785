#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "server/adapters/redis/broker_message.h"
#include "server/adapters/redis/redis_client.h"
#include "server/adapters/redis/subscriptions.h"
#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/ports/broker.h"
#include "server/ports/executor.h"

namespace syncline::adapters {

// Redis's pub/sub as the broker of one shard: one channel a document. Its calls are made on the
// shard's thread; messages come through the shard's executor, those of one turn as one task.
//
// Publishing while there is no connection drops the message. What others publish while this process
// has no connection is not heard; on_ready() says when that is over.
//
// It must live until the client is stopped and the executor runs no more tasks.
class RedisBroker final : public ports::Broker, private redis::Listener {
 public:
  RedisBroker(RedisClient& client, ports::Executor& executor);

  RedisBroker(const RedisBroker&) = delete;
  RedisBroker& operator=(const RedisBroker&) = delete;

  // Where messages go. REQUIRES: called before the first subscription.
  void attach(ports::BrokerSink& sink) { sink_ = &sink; }
  // Called on the shard's thread whenever subscriptions stand, for the first time or again.
  // REQUIRES: called once, before the first subscription.
  void on_ready(std::function<void()> call);

  void subscribe(const DocumentName& document) override;
  void unsubscribe(const DocumentName& document) override;
  void publish_update(const DocumentName& document, Sequence sequence, SharedBytes update) override;
  void publish_awareness(const DocumentName& document, SharedBytes awareness) override;
  void query_awareness(const DocumentName& document) override;

 private:
  struct Hash {
    std::size_t operator()(const DocumentName& name) const {
      return static_cast<std::size_t>(stable_hash(name));
    }
  };
  using Heard = std::vector<std::pair<DocumentName, redis::BrokerMessage>>;

  void on_message(const std::optional<DocumentName>& document, BytesView message) override;
  void on_messages_end() override;
  void on_subscriptions_stand() override;

  void publish(const DocumentName& document, const redis::BrokerMessage& message);
  void tell(const DocumentName& document, redis::BrokerMessage message);
  void tell_subscribed(const DocumentName& document);

  // Constant after construction, and after attach() and on_ready().
  RedisClient& client_;
  ports::Executor& executor_;
  const std::uint64_t origin_;
  ports::BrokerSink* sink_ = nullptr;
  std::function<void()> ready_;

  // The shard's thread only. Looked up, never iterated.
  std::unordered_set<DocumentName, Hash> subscriptions_;

  // The client's thread only: of this turn.
  Heard heard_;
};

}  // namespace syncline::adapters
