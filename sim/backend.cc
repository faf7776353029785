#include "sim/backend.h"

#include <optional>

#include "server/base/assert.h"
#include "sim/fakes/embedded_history_store.h"
#include "sim/fakes/embedded_snapshot_store.h"
#include "sim/fakes/embedded_update_store.h"
#include "sim/fakes/local_broker.h"
#include "sim/fakes/postgres_drain_store.h"
#include "sim/fakes/postgres_history_store.h"
#include "sim/fakes/postgres_pool.h"
#include "sim/fakes/postgres_snapshot_store.h"
#include "sim/fakes/postgres_update_store.h"
#include "sim/fakes/redis_broker.h"
#include "sim/fakes/redis_connection.h"
#include "sim/fakes/redis_write_buffer.h"

namespace syncline::sim {
namespace {

constexpr Party postgres_party{history::PartyKind::postgres, 1};
constexpr Party redis_party{history::PartyKind::redis, 1};

class ClusterBackend final : public Backend, private RedisSubscriber {
 public:
  ClusterBackend(const Services& services, Party self, std::uint64_t origin, Process& process,
                 RandomStream random, const BackendSinks& sinks)
      : random_(random),
        surroundings_({.self = self,
                       .origin = origin,
                       .process = process,
                       .random = random_,
                       .network = services.network,
                       .server = *services.redis,
                       .server_party = redis_party,
                       .reports = services.reports}),
        pool_(self, process, random_, services.network, *services.postgres, postgres_party, {}),
        updates_(pool_, services.documents),
        snapshots_(pool_, services.documents),
        drains_(pool_, services.documents),
        history_(pool_, services.documents),
        reconnected_(sinks.reconnected),
        commands_(surroundings_, {}, this) {
    updates_.attach(sinks.updates);
    snapshots_.attach(sinks.snapshots);
    if (sinks.drains != nullptr) drains_.attach(*sinks.drains);
    if (sinks.history != nullptr) history_.attach(*sinks.history);
    if (services.buffer) buffer_.emplace(commands_, services.documents).attach(sinks.buffer);
    if (sinks.broker != nullptr) {
      broker_.emplace(surroundings_, RedisConnection::Limits{}, commands_, services.documents)
          .attach(*sinks.broker);
      broker_->on_ready(reconnected_);
    }
  }

  ports::UpdateStore& updates() override { return updates_; }
  ports::SnapshotStore& snapshots() override { return snapshots_; }
  ports::Broker& broker() override { return *broker_; }
  ports::WriteBuffer* buffer() override { return buffer_ ? &*buffer_ : nullptr; }
  ports::DrainStore* drains() override { return &drains_; }
  ports::HistoryStore& history() override { return history_; }

 private:
  // RedisSubscriber, of the connection for commands.
  void on_redis_ready() override {
    if (reconnected_) reconnected_();
  }
  void on_redis_message(RedisMessage) override {}
  void on_redis_subscribed(std::uint32_t) override {}

  RandomStream random_;
  const RedisConnection::Surroundings surroundings_;
  PostgresPool pool_;
  PostgresUpdateStore updates_;
  PostgresSnapshotStore snapshots_;
  PostgresDrainStore drains_;
  PostgresHistoryStore history_;
  const std::function<void()> reconnected_;
  RedisConnection commands_;
  std::optional<RedisWriteBuffer> buffer_;
  std::optional<RedisBroker> broker_;
};

// A node that is alone. A document is on one shard only, so nobody else has it open.
class EmbeddedBackend final : public Backend {
 public:
  EmbeddedBackend(const Services& services, Process& process, RandomStream random,
                  const BackendSinks& sinks)
      : random_(random),
        hub_(process, random_, services.documents),
        broker_(hub_),
        updates_(*services.store, services.documents),
        snapshots_(*services.store, services.documents),
        history_(*services.store, services.documents) {
    if (sinks.broker != nullptr) broker_.attach(*sinks.broker);
    if (sinks.history != nullptr) history_.attach(*sinks.history);
    updates_.attach(sinks.updates);
    snapshots_.attach(sinks.snapshots);
  }

  ports::UpdateStore& updates() override { return updates_; }
  ports::SnapshotStore& snapshots() override { return snapshots_; }
  ports::Broker& broker() override { return broker_; }
  ports::WriteBuffer* buffer() override { return nullptr; }
  ports::DrainStore* drains() override { return nullptr; }
  ports::HistoryStore& history() override { return history_; }

 private:
  RandomStream random_;
  LocalBrokerHub hub_;
  LocalBroker broker_;
  EmbeddedUpdateStore updates_;
  EmbeddedSnapshotStore snapshots_;
  EmbeddedHistoryStore history_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(const Services& services, Party self, std::uint64_t origin,
                                      Process& process, RandomStream random,
                                      const BackendSinks& sinks) {
  if (services.store != nullptr) {
    return std::make_unique<EmbeddedBackend>(services, process, random, sinks);
  }
  return std::make_unique<ClusterBackend>(services, self, origin, process, random, sinks);
}

}  // namespace syncline::sim
