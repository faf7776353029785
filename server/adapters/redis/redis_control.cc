#include "server/adapters/redis/redis_control.h"

#include <utility>

#include "server/adapters/redis/byte_order.h"
#include "server/adapters/redis/key_names.h"

namespace syncline::adapters {

RedisControl::RedisControl(RedisClient& client, ports::Executor& executor, std::string node)
    : client_(client), executor_(executor), node_(std::move(node)) {}

void RedisControl::attach(ports::ControlSink& sink) {
  sink_ = &sink;
  client_.subscribe(channel(), client_.keys().slot_of_tag("control"), std::nullopt, *this);
}

std::string RedisControl::channel() const {
  return client_.keys().of_tag("control", "c" + std::to_string(client_.options().database));
}

void RedisControl::drain_node(const std::string& node) { publish(Kind::drain, node); }

void RedisControl::evict_document(const DocumentName& document) {
  publish(Kind::evict, document.text());
}

void RedisControl::revoke_connection(const std::string& node, ConnectionId connection) {
  std::string body;
  redis::append_number(body, connection.value);
  publish(Kind::revoke_connection, body + node);
}

void RedisControl::revoke_user(const std::string& user) { publish(Kind::revoke_user, user); }

void RedisControl::publish(Kind kind, std::string_view body) {
  std::string message(1, static_cast<char>(kind));
  message += body;
  client_.publish(channel(), client_.keys().slot_of_tag("control"), std::move(message));
}

// On the client's thread.

void RedisControl::on_message(const std::optional<DocumentName>&, BytesView message) {
  if (Order order = order_of(message)) heard_.push_back(std::move(order));
}

void RedisControl::on_messages_end() {
  if (heard_.empty()) return;
  executor_.post([this, heard = std::exchange(heard_, {})] {
    for (const Order& order : heard) order(*sink_);
  });
}

RedisControl::Order RedisControl::order_of(BytesView message) const {
  if (message.empty()) return nullptr;
  const BytesView body = message.subspan(1);
  switch (static_cast<Kind>(message[0])) {
    case Kind::drain:
      if (as_text(body) != node_) return nullptr;
      return [](ports::ControlSink& sink) { sink.on_control_drain(); };
    case Kind::evict:
      if (Result<DocumentName> document = DocumentName::parse(as_text(body)); document.ok()) {
        return [document = *std::move(document)](ports::ControlSink& sink) {
          sink.on_control_evict(document);
        };
      }
      return nullptr;
    case Kind::revoke_connection: {
      if (body.size() < 8 || as_text(body.subspan(8)) != node_) return nullptr;
      const ConnectionId connection{redis::number_at_front(body)};
      return
          [connection](ports::ControlSink& sink) { sink.on_control_revoke_connection(connection); };
    }
    case Kind::revoke_user:
      return [user = std::string(as_text(body))](ports::ControlSink& sink) {
        sink.on_control_revoke_user(user);
      };
  }
  return nullptr;
}

}  // namespace syncline::adapters
