#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "server/ports/broker.h"
#include "sim/fakes/redis_connection.h"
#include "sim/services/document_numbers.h"

namespace syncline::sim {

// Redis's pub/sub as the broker of one shard: one channel a document.
//
// Subscriptions have a connection of their own, which they are renewed on after it was lost; what
// was published meanwhile is gone. Publishing while there is no connection drops the message.
class RedisBroker final : public ports::Broker, public RedisSubscriber {
 public:
  // `commands` publishes; it must have the same origin, and both must outlive the broker.
  RedisBroker(const RedisConnection::Surroundings& surroundings,
              const RedisConnection::Limits& limits, RedisConnection& commands,
              DocumentNumbers& numbers);

  // Where messages go. REQUIRES: called before the first subscription.
  void attach(ports::BrokerSink& sink) { sink_ = &sink; }
  // Called whenever subscriptions stand, for the first time or again; may be empty.
  void on_ready(std::function<void()> call) { ready_ = std::move(call); }

  void subscribe(const DocumentName& document) override;
  void unsubscribe(const DocumentName& document) override;
  void publish_update(const DocumentName& document, Sequence sequence, SharedBytes update) override;
  void publish_awareness(const DocumentName& document, SharedBytes awareness) override;
  void query_awareness(const DocumentName& document) override;

  void on_redis_ready() override;
  void on_redis_message(RedisMessage message) override;
  void on_redis_subscribed(std::uint32_t document) override;

 private:
  void send_subscription(std::uint32_t document, bool on);
  void publish(RedisMessage message);
  void publish_over(RedisConnection& connection, RedisMessage message);
  bool subscribed(std::uint32_t document) const {
    return document < subscribed_.size() && subscribed_[document];
  }
  std::uint32_t number_of(const DocumentName& document) const;

  DocumentNumbers& numbers_;
  RedisConnection& commands_;
  ports::BrokerSink* sink_ = nullptr;
  std::function<void()> ready_;
  std::vector<bool> subscribed_;   // By document number.
  RedisConnection subscriptions_;  // Last: it calls back.
};

}  // namespace syncline::sim
