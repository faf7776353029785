#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/adapters/redis/redis_options.h"
#include "server/adapters/redis/server_report.h"
#include "server/base/document_name.h"
#include "server/base/result.h"
#include "server/ports/clock.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"

namespace syncline::adapters {

namespace redis {
struct Command;
class KeyNames;
class Listener;
}  // namespace redis

// The connections of one process to Redis, shared by its shards, and the thread that serves them:
// one connection for requests, one for subscriptions; of a Redis Cluster, these two to each master.
// The shards reach it through a RedisBroker and a RedisWriteBuffer each.
//
// While there is no connection, requests are refused at once, and it connects again with growing,
// jittered delays. A request whose connection is lost has an unknown outcome.
//
// All calls may be made from any thread.
class RedisClient {
 public:
  // Begins to connect; Redis need not be there. `invalid_argument`: options that contradict each
  // other. The ports must outlive the client.
  static Result<std::unique_ptr<RedisClient>> open(RedisOptions options, ports::Clock& clock,
                                                   ports::Metrics& metrics, ports::Log& log);

  // Stops. REQUIRES: stop() was called before the end of whoever uses the client.
  ~RedisClient();
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;

  // Waits, for as long at most, until all connections stand; false if they do not.
  bool wait_until_connected(Duration longest);

  // For the start of a process that buffers in Redis: waits for the connections and asks how Redis
  // is set, each master of a cluster. `unavailable`: there is no connection within `longest`.
  Result<RedisPersistence> check_persistence(Duration longest);
  // Asks again and again, as settings change and masters hand over, and calls with what it found,
  // on the client's thread. What is called must live until the client is stopped.
  void watch_persistence(Duration interval, std::function<void(const RedisPersistence&)> found);

  // For the start of a process that does not: how many documents the write buffer has entries of
  // that are not known to be in the log. `unavailable`: as above.
  Result<std::size_t> buffered_documents(Duration longest);

  // Waits about a second for the answers to what was asked, and ends the thread. What is asked
  // later is refused. No user is called after it, except to refuse.
  void stop();

 private:
  friend class RedisBroker;
  friend class RedisWriteBuffer;
  friend class RedisSessionRegistry;
  friend class RedisControl;
  class State;

  explicit RedisClient(std::unique_ptr<State> state);

  const RedisOptions& options() const;
  const redis::KeyNames& keys() const;
  std::uint64_t random();

  void ask(redis::Command command);
  void publish(std::string channel, std::uint16_t slot, std::string message);
  // Something was heard that is no message of this version: counted.
  void note_undecodable();
  // An edit is in the buffer, and could not be published: said once.
  void note_unpublished(std::string_view why);
  // Calls on the client's thread when Redis's memory is nearly used up, and when it is not any
  // more; at once if it is.
  void watch_filling(std::function<void(bool)> call);
  // Calls on the client's thread once the subscription to the channel stands.
  void when_subscribed(std::string channel, std::function<void()> call);
  void add(redis::Listener& listener);
  // Calls on the client's thread, again and again.
  void every(Duration interval, std::function<void()> call);
  void subscribe(std::string channel, std::uint16_t slot, std::optional<DocumentName> document,
                 redis::Listener& listener);
  void unsubscribe(std::string channel, redis::Listener& listener);
  // Publishes once the subscription to the channel stands, after which answers are heard.
  void publish_when_subscribed(std::string channel, std::uint16_t slot, std::string message);

  const std::unique_ptr<State> state_;
};

}  // namespace syncline::adapters
