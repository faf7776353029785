#include "server/adapters/redis/redis_broker.h"

#include <memory>

#include "server/adapters/redis/key_names.h"
#include "server/base/assert.h"

namespace syncline::adapters {

using redis::BrokerMessage;

RedisBroker::RedisBroker(RedisClient& client, ports::Executor& executor)
    : client_(client), executor_(executor), origin_(client.random()) {}

void RedisBroker::on_ready(std::function<void()> call) {
  ready_ = std::move(call);
  client_.add(*this);
}

void RedisBroker::subscribe(const DocumentName& document) {
  SYNCLINE_ASSERT(sink_ != nullptr);
  if (!subscriptions_.insert(document).second) return;
  const std::string channel = client_.keys().channel(document);
  client_.subscribe(channel, client_.keys().slot(document), document, *this);
  client_.when_subscribed(channel, [this, document] {
    executor_.post([this, document] { tell_subscribed(document); });
  });
}

void RedisBroker::unsubscribe(const DocumentName& document) {
  if (subscriptions_.erase(document) == 0) return;
  client_.unsubscribe(client_.keys().channel(document), *this);
}

void RedisBroker::publish_update(const DocumentName& document, Sequence sequence,
                                 SharedBytes update) {
  publish(document, {.kind = BrokerMessage::Kind::update,
                     .origin = origin_,
                     .sequence = sequence.value,
                     .body = std::move(update)});
}

void RedisBroker::publish_awareness(const DocumentName& document, SharedBytes awareness) {
  publish(
      document,
      {.kind = BrokerMessage::Kind::awareness, .origin = origin_, .body = std::move(awareness)});
}

// Not before the subscription stands: the answers are for who is subscribed.
void RedisBroker::query_awareness(const DocumentName& document) {
  const BrokerMessage query{.kind = BrokerMessage::Kind::awareness_query, .origin = origin_};
  if (!subscriptions_.contains(document)) return publish(document, query);
  client_.publish_when_subscribed(client_.keys().channel(document), client_.keys().slot(document),
                                  query.encode());
}

void RedisBroker::publish(const DocumentName& document, const BrokerMessage& message) {
  client_.publish(client_.keys().channel(document), client_.keys().slot(document),
                  message.encode());
}

// On the client's thread.

void RedisBroker::on_message(const std::optional<DocumentName>& document, BytesView bytes) {
  std::optional<BrokerMessage> message = BrokerMessage::decode(bytes);
  if (!document) return;
  if (!message) return client_.note_undecodable();
  const bool own = message->kind != BrokerMessage::Kind::buffered && message->origin == origin_;
  if (!own) heard_.emplace_back(*document, std::move(*message));
}

void RedisBroker::on_messages_end() {
  if (heard_.empty()) return;
  executor_.post([this, heard = std::make_shared<Heard>(std::exchange(heard_, {}))] {
    for (auto& [document, message] : *heard) tell(document, std::move(message));
  });
}

void RedisBroker::on_subscriptions_stand() {
  executor_.post([this] { ready_(); });
}

// On the shard's thread.

void RedisBroker::tell_subscribed(const DocumentName& document) {
  if (subscriptions_.contains(document)) sink_->on_broker_subscribed(document);
}

void RedisBroker::tell(const DocumentName& document, BrokerMessage message) {
  if (!subscriptions_.contains(document)) return;
  switch (message.kind) {
    case BrokerMessage::Kind::update:
      return sink_->on_broker_update(document, Sequence{message.sequence}, std::move(message.body));
    case BrokerMessage::Kind::buffered:
      return sink_->on_buffer_update(document, message.position, std::move(message.body));
    case BrokerMessage::Kind::awareness:
      return sink_->on_broker_awareness(document, std::move(message.body));
    case BrokerMessage::Kind::awareness_query:
      return sink_->on_broker_awareness_query(document);
  }
}

}  // namespace syncline::adapters
