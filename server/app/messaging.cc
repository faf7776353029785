#include "server/app/messaging.h"

#include <utility>

#include "server/adapters/local/local_broker.h"
#include "server/adapters/local/local_control.h"
#include "server/adapters/local/local_session_registry.h"
#include "server/adapters/redis/redis_broker.h"
#include "server/adapters/redis/redis_control.h"
#include "server/adapters/redis/redis_session_registry.h"
#include "server/adapters/redis/redis_write_buffer.h"

namespace syncline::app {
namespace {

// What the shards of a process that is the only node share.
struct LocalHubs {
  explicit LocalHubs(const std::string& node) : control(node), sessions(node) {}

  adapters::LocalBrokerHub broker;
  adapters::LocalControlHub control;
  adapters::LocalSessions sessions;
};

class LocalShardMessaging final : public ShardMessaging {
 public:
  LocalShardMessaging(LocalHubs& hubs, ports::Executor& executor)
      : broker_(hubs.broker, executor),
        control_(hubs.control, executor),
        sessions_(hubs.sessions, executor) {}

  void attach(core::Shard& shard, ports::ControlSink& orders,
              ports::SessionRegistrySink& connections) override {
    broker_.attach(shard);
    control_.attach(orders);
    sessions_.attach(connections);
  }
  ports::Broker& broker() override { return broker_; }
  ports::SessionRegistry& sessions() override { return sessions_; }
  ports::Control& control() override { return control_; }

 private:
  adapters::LocalBroker broker_;
  adapters::LocalControl control_;
  adapters::LocalSessionRegistry sessions_;
};

class LocalMessaging final : public Messaging {
 public:
  explicit LocalMessaging(const std::string& node) : hubs_(node) {}

  std::unique_ptr<ShardMessaging> make_shard_messaging(ports::Executor& executor,
                                                       std::size_t) override {
    return std::make_unique<LocalShardMessaging>(hubs_, executor);
  }

 private:
  LocalHubs hubs_;
};

class RedisShardMessaging final : public ShardMessaging {
 public:
  RedisShardMessaging(adapters::RedisClient& client, const MessagingOptions& options,
                      ports::Executor& executor, std::size_t shard)
      : broker_(client, executor),
        control_(client, executor, options.node),
        sessions_(client, executor,
                  {.node = options.node, .shard = shard, .ttl = options.session_ttl}) {
    if (options.buffered) buffer_.emplace(client, executor);
  }

  void attach(core::Shard& shard, ports::ControlSink& orders,
              ports::SessionRegistrySink& connections) override {
    broker_.attach(shard);
    broker_.on_ready([&shard] { shard.on_buffer_reconnected(); });
    control_.attach(orders);
    sessions_.attach(connections);
    if (buffer_) buffer_->attach(shard);
  }
  ports::Broker& broker() override { return broker_; }
  ports::SessionRegistry& sessions() override { return sessions_; }
  ports::Control& control() override { return control_; }
  ports::WriteBuffer* buffer() override { return buffer_ ? &*buffer_ : nullptr; }

 private:
  adapters::RedisBroker broker_;
  adapters::RedisControl control_;
  adapters::RedisSessionRegistry sessions_;
  std::optional<adapters::RedisWriteBuffer> buffer_;
};

class RedisMessaging final : public Messaging {
 public:
  RedisMessaging(std::unique_ptr<adapters::RedisClient> client, const MessagingOptions& options)
      : client_(std::move(client)), options_(options) {}

  std::unique_ptr<ShardMessaging> make_shard_messaging(ports::Executor& executor,
                                                       std::size_t shard) override {
    return std::make_unique<RedisShardMessaging>(*client_, options_, executor, shard);
  }
  bool reaches_others() override { return client_->wait_until_connected(Duration::zero()); }
  adapters::RedisClient* redis() override { return client_.get(); }
  void stop() override { client_->stop(); }

 private:
  const std::unique_ptr<adapters::RedisClient> client_;
  const MessagingOptions options_;
};

}  // namespace

Result<std::unique_ptr<Messaging>> Messaging::open(const MessagingOptions& options,
                                                   ports::Clock& clock, ports::Metrics& metrics,
                                                   ports::Log& log) {
  if (!options.redis) {
    return std::unique_ptr<Messaging>(std::make_unique<LocalMessaging>(options.node));
  }
  SYNCLINE_ASSIGN(auto client, adapters::RedisClient::open(*options.redis, clock, metrics, log));
  return std::unique_ptr<Messaging>(std::make_unique<RedisMessaging>(std::move(client), options));
}

}  // namespace syncline::app
