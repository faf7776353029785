#include "server/app/messaging.h"

#include <utility>

#include "server/adapters/local/local_broker.h"
#include "server/adapters/redis/redis_broker.h"
#include "server/adapters/redis/redis_write_buffer.h"

namespace syncline::app {
namespace {

class LocalShardMessaging final : public ShardMessaging {
 public:
  LocalShardMessaging(adapters::LocalBrokerHub& hub, ports::Executor& executor)
      : broker_(hub, executor) {}

  void attach(core::Shard& shard) override { broker_.attach(shard); }
  ports::Broker& broker() override { return broker_; }

 private:
  adapters::LocalBroker broker_;
};

class LocalMessaging final : public Messaging {
 public:
  std::unique_ptr<ShardMessaging> make_shard_messaging(ports::Executor& executor) override {
    return std::make_unique<LocalShardMessaging>(hub_, executor);
  }

 private:
  adapters::LocalBrokerHub hub_;
};

class RedisShardMessaging final : public ShardMessaging {
 public:
  RedisShardMessaging(adapters::RedisClient& client, bool buffered, ports::Executor& executor)
      : broker_(client, executor) {
    if (buffered) buffer_.emplace(client, executor);
  }

  void attach(core::Shard& shard) override {
    broker_.attach(shard);
    broker_.on_ready([&shard] { shard.on_buffer_reconnected(); });
    if (buffer_) buffer_->attach(shard);
  }
  ports::Broker& broker() override { return broker_; }
  ports::WriteBuffer* buffer() override { return buffer_ ? &*buffer_ : nullptr; }

 private:
  adapters::RedisBroker broker_;
  std::optional<adapters::RedisWriteBuffer> buffer_;
};

class RedisMessaging final : public Messaging {
 public:
  RedisMessaging(std::unique_ptr<adapters::RedisClient> client, bool buffered)
      : client_(std::move(client)), buffered_(buffered) {}

  std::unique_ptr<ShardMessaging> make_shard_messaging(ports::Executor& executor) override {
    return std::make_unique<RedisShardMessaging>(*client_, buffered_, executor);
  }
  adapters::RedisClient* redis() override { return client_.get(); }
  void stop() override { client_->stop(); }

 private:
  const std::unique_ptr<adapters::RedisClient> client_;
  const bool buffered_;
};

}  // namespace

Result<std::unique_ptr<Messaging>> Messaging::open(const MessagingOptions& options,
                                                   ports::Clock& clock, ports::Metrics& metrics,
                                                   ports::Log& log) {
  if (!options.redis) return std::unique_ptr<Messaging>(std::make_unique<LocalMessaging>());
  SYNCLINE_ASSIGN(auto client, adapters::RedisClient::open(*options.redis, clock, metrics, log));
  return std::unique_ptr<Messaging>(
      std::make_unique<RedisMessaging>(std::move(client), options.buffered));
}

}  // namespace syncline::app
