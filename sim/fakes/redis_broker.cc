#include "sim/fakes/redis_broker.h"

#include <utility>

#include "server/base/assert.h"
#include "sim/services/planted_service_bug.h"

namespace syncline::sim {

RedisBroker::RedisBroker(const RedisConnection::Surroundings& surroundings,
                         const RedisConnection::Limits& limits, RedisConnection& commands,
                         DocumentNumbers& numbers)
    : numbers_(numbers), commands_(commands), subscriptions_(surroundings, limits, this) {}

void RedisBroker::subscribe(const DocumentName& document) {
  SYNCLINE_ASSERT(sink_ != nullptr);
  const std::uint32_t number = number_of(document);
  if (subscribed(number)) return;
  if (number >= subscribed_.size()) subscribed_.resize(number + 1);
  subscribed_[number] = true;
  send_subscription(number, true);
}

void RedisBroker::unsubscribe(const DocumentName& document) {
  const std::uint32_t number = number_of(document);
  if (!subscribed(number)) return;
  subscribed_[number] = false;
  send_subscription(number, false);
}

void RedisBroker::send_subscription(std::uint32_t document, bool on) {
  if (!subscriptions_.ready()) return;
  subscriptions_.send(
      on ? "subscribe" : "unsubscribe", 48,
      [server = &subscriptions_.server(), link = subscriptions_.link(), document, on] {
        if (on) {
          server->subscribe(link, document);
        } else {
          server->unsubscribe(link, document);
        }
      });
}

void RedisBroker::on_redis_ready() {
  if (planted(ServiceBug::resubscribe_forgotten)) return;
  for (std::uint32_t document = 0; document < subscribed_.size(); ++document) {
    if (subscribed_[document]) send_subscription(document, true);
  }
  if (ready_) ready_();
}

void RedisBroker::publish_update(const DocumentName& document, Sequence sequence,
                                 SharedBytes update) {
  publish({.document = number_of(document),
           .kind = RedisMessageKind::update,
           .position = {.lineage = 0, .offset = sequence.value},
           .payload = std::move(update)});
}

void RedisBroker::publish_awareness(const DocumentName& document, SharedBytes awareness) {
  publish({.document = number_of(document),
           .kind = RedisMessageKind::awareness,
           .position = {},
           .payload = std::move(awareness)});
}

// After the subscription, on the same connection: the answers are for who is subscribed.
void RedisBroker::query_awareness(const DocumentName& document) {
  publish_over(subscriptions_, {.document = number_of(document),
                                .kind = RedisMessageKind::awareness_query,
                                .position = {},
                                .payload = {}});
}

void RedisBroker::publish(RedisMessage message) { publish_over(commands_, std::move(message)); }

void RedisBroker::publish_over(RedisConnection& connection, RedisMessage message) {
  if (!connection.ready()) return;
  const std::size_t bytes = 48 + message.payload.size();
  connection.send(
      "publish", bytes,
      [server = &connection.server(), link = connection.link(),
       message = std::move(message)]() mutable { server->publish(link, std::move(message)); });
}

void RedisBroker::on_redis_message(RedisMessage message) {
  if (!subscribed(message.document)) return;
  const DocumentName& document = numbers_.name_of(DocumentNumber{message.document});
  switch (message.kind) {
    case RedisMessageKind::update:
      return sink_->on_broker_update(document, Sequence{message.position.offset},
                                     std::move(message.payload));
    case RedisMessageKind::buffered:
      return sink_->on_buffer_update(document, message.position, std::move(message.payload));
    case RedisMessageKind::awareness:
      return sink_->on_broker_awareness(document, std::move(message.payload));
    case RedisMessageKind::awareness_query:
      return sink_->on_broker_awareness_query(document);
  }
}

void RedisBroker::on_redis_subscribed(std::uint32_t document) {
  if (subscribed(document)) {
    sink_->on_broker_subscribed(numbers_.name_of(DocumentNumber{document}));
  }
}

std::uint32_t RedisBroker::number_of(const DocumentName& document) const {
  return static_cast<std::uint32_t>(numbers_.number_of(document).value);
}

}  // namespace syncline::sim
