#include "sim/fakes/redis_connection.h"

#include <utility>

#include "faults/plan/probe.h"
#include "server/base/assert.h"
#include "sim/services/planted_service_bug.h"

namespace syncline::sim {

RedisConnection::RedisConnection(const Surroundings& surroundings, const Limits& limits,
                                 RedisSubscriber* subscriber)
    : surroundings_(surroundings),
      limits_(limits),
      subscriber_(subscriber),
      backoff_(surroundings.random) {
  connect();
}

RedisConnection::~RedisConnection() {
  if (state_ != State::waiting) surroundings_.network.close(link_, Side::opener);
}

void RedisConnection::connect() {
  state_ = State::connecting;
  ++attempts_;
  link_ = surroundings_.network.connect(surroundings_.self, surroundings_.server_party, *this);
  surroundings_.process.after(limits_.connect_timeout,
                              [this, attempt = attempts_] { on_connect_timeout(attempt); });
}

void RedisConnection::on_link_open(LinkId link) {
  SYNCLINE_ASSERT(link == link_ && state_ == State::connecting);
  surroundings_.network.send(
      link, Side::opener, 64, "hello",
      [server = &surroundings_.server, link, from = surroundings_.self, client = this,
       origin = surroundings_.origin] { server->hello(link, from, *client, origin); });
}

void RedisConnection::on_redis_hello(LinkId link, std::uint64_t run_id) {
  SYNCLINE_ASSERT(link == link_ && state_ == State::connecting);
  state_ = State::ready;
  if (!was_ready_ || !planted(ServiceBug::run_id_learnt_once)) run_id_ = run_id;
  backoff_.succeeded();
  surroundings_.process.after(limits_.ping_interval,
                              [this, attempt = attempts_] { tick(attempt); });
  if (was_ready_) surroundings_.reports.on_probe(faults::probe::redis_reconnect);
  was_ready_ = true;
  if (subscriber_ != nullptr) subscriber_->on_redis_ready();
}

void RedisConnection::on_connect_timeout(std::uint64_t attempt) {
  if (state_ != State::connecting || attempt != attempts_) return;
  surroundings_.network.close(link_, Side::opener);
  lost();
}

void RedisConnection::on_link_end(LinkId link, LinkEnd) {
  SYNCLINE_ASSERT(link == link_ && state_ != State::waiting);
  lost();
}

void RedisConnection::lost() {
  state_ = State::waiting;
  surroundings_.process.after(backoff_.next(), [this] { connect(); });
  std::deque<Asked> asked;
  asked.swap(asked_);
  for (const Asked& request : asked) {
    if (request.caller == nullptr) continue;
    request.caller->on_redis_reply(request.ticket, ports::Outcome::unknown, RedisPong{});
  }
}

void RedisConnection::tick(std::uint64_t attempt) {
  if (state_ != State::ready || attempt != attempts_) return;
  const Instant now = surroundings_.process.now();
  if (!asked_.empty() && now - asked_.front().since >= limits_.answer_timeout) {
    surroundings_.network.close(link_, Side::opener);
    return lost();
  }
  if (asked_.empty()) {
    asked_.push_back({.caller = nullptr, .ticket = 0, .since = now});
    send("ping", 8, [server = &surroundings_.server, link = link_] { server->ping(link); });
  }
  surroundings_.process.after(limits_.ping_interval, [this, attempt] { tick(attempt); });
}

void RedisConnection::send(std::string_view what, std::size_t bytes, Action arrive) {
  SYNCLINE_ASSERT(ready());
  surroundings_.network.send(link_, Side::opener, static_cast<std::uint32_t>(bytes), what,
                             std::move(arrive));
}

void RedisConnection::request(RedisCaller& caller, std::uint64_t ticket, std::string_view what,
                              std::size_t bytes, Action arrive) {
  asked_.push_back({.caller = &caller, .ticket = ticket, .since = surroundings_.process.now()});
  send(what, bytes, std::move(arrive));
}

void RedisConnection::on_redis_answer(LinkId link, RedisAnswer answer) {
  SYNCLINE_ASSERT(link == link_ && state_ == State::ready && !asked_.empty());
  const Asked request = asked_.front();
  asked_.pop_front();
  if (request.caller == nullptr) return;
  const bool refused = std::holds_alternative<RedisError>(answer);
  request.caller->on_redis_reply(request.ticket,
                                 refused ? ports::Outcome::refused : ports::Outcome::committed,
                                 std::move(answer));
}

void RedisConnection::on_redis_message(LinkId link, RedisMessage message) {
  SYNCLINE_ASSERT(link == link_ && state_ == State::ready && subscriber_ != nullptr);
  subscriber_->on_redis_message(std::move(message));
}

void RedisConnection::on_redis_subscribed(LinkId link, std::uint32_t document) {
  SYNCLINE_ASSERT(link == link_ && state_ == State::ready && subscriber_ != nullptr);
  subscriber_->on_redis_subscribed(document);
}

}  // namespace syncline::sim
