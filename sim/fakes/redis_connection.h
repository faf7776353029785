#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "server/base/instant.h"
#include "server/ports/random.h"
#include "server/ports/update_store.h"
#include "sim/fakes/backoff.h"
#include "sim/network.h"
#include "sim/services/process.h"
#include "sim/services/redis.h"
#include "sim/services/service_reports.h"

namespace syncline::sim {

// Who asked for something, and hears the answer as an event of the process.
class RedisCaller {
 public:
  // `answer` is meaningful only if committed. Refused: Redis said so. Unknown: the connection died
  // before the answer came.
  virtual void on_redis_reply(std::uint64_t ticket, ports::Outcome outcome, RedisAnswer answer) = 0;

 protected:
  ~RedisCaller() = default;
};

// Who uses a connection for subscriptions.
class RedisSubscriber {
 public:
  // The connection stands, for the first time or again: it has no subscriptions.
  virtual void on_redis_ready() = 0;
  virtual void on_redis_message(RedisMessage message) = 0;
  virtual void on_redis_subscribed(std::uint32_t document) = 0;

 protected:
  ~RedisSubscriber() = default;
};

// One connection to Redis, kept up: greeting, which tells Redis's run id; requests in a row without
// waiting for each other's answers; pings, so that a silent connection is found dead; connecting
// again with growing and jittered delays.
class RedisConnection final : public LinkEvents, public RedisClient {
 public:
  struct Limits {
    Duration connect_timeout = seconds(2);  // Greeting included.
    Duration answer_timeout = seconds(3);
    Duration ping_interval = seconds(2);
  };

  // What a connection needs of its surroundings; all must outlive it.
  struct Surroundings {
    Party self;
    std::uint64_t origin;  // Of the shard or worker: the same for all its connections.
    Process& process;
    ports::Random& random;
    Network& network;
    Redis& server;
    Party server_party;
    ServiceReports& reports;
  };

  // Begins to connect. `subscriber` may be null.
  RedisConnection(const Surroundings& surroundings, const Limits& limits,
                  RedisSubscriber* subscriber);
  ~RedisConnection();

  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // True while requests can be sent.
  bool ready() const { return state_ == State::ready; }
  // REQUIRES: ready(), for each of these.
  LinkId link() const { return link_; }
  std::uint64_t run_id() const { return run_id_; }
  // Sends what asks for no answer. `arrive` runs at Redis.
  void send(std::string_view what, std::size_t bytes, Action arrive);
  // Sends a request. Exactly one reply follows.
  void request(RedisCaller& caller, std::uint64_t ticket, std::string_view what, std::size_t bytes,
               Action arrive);

  Redis& server() const { return surroundings_.server; }
  Process& process() const { return surroundings_.process; }
  ports::Random& random() const { return surroundings_.random; }

  // Inputs.
  void on_link_open(LinkId link) override;
  void on_link_end(LinkId link, LinkEnd end) override;
  void on_redis_hello(LinkId link, std::uint64_t run_id) override;
  void on_redis_answer(LinkId link, RedisAnswer answer) override;
  void on_redis_message(LinkId link, RedisMessage message) override;
  void on_redis_subscribed(LinkId link, std::uint32_t document) override;

 private:
  enum class State : std::uint8_t { waiting, connecting, ready };

  struct Asked {
    RedisCaller* caller;  // Null: a ping.
    std::uint64_t ticket;
    Instant since;
  };

  void connect();
  void on_connect_timeout(std::uint64_t attempt);
  void tick(std::uint64_t attempt);
  // The connection is no more: the outcome of everything that was asked is unknown.
  void lost();

  // Constant after construction.
  const Surroundings surroundings_;
  const Limits limits_;
  RedisSubscriber* const subscriber_;

  Backoff backoff_;
  State state_ = State::waiting;
  LinkId link_;
  std::uint64_t run_id_ = 0;
  std::uint64_t attempts_ = 0;  // A timer of an earlier attempt is void.
  bool was_ready_ = false;
  std::deque<Asked> asked_;  // Oldest first.
};

}  // namespace syncline::sim
