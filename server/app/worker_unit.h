#pragma once

#include <memory>
#include <optional>

#include "server/adapters/postgres/postgres_drain_store.h"
#include "server/adapters/redis/redis_client.h"
#include "server/adapters/redis/redis_write_buffer.h"
#include "server/adapters/system/system_random.h"
#include "server/app/storage.h"
#include "server/app/worker_loop.h"
#include "server/core/worker.h"
#include "server/ports/clock.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"

namespace syncline::app {

// One worker with its thread and its ports: alone in a process (`worker`), or inside a node. All
// that it is given must outlive it, and be stopped after it.
class WorkerUnit {
 public:
  // Null `redis`: there is no write buffer, and all that it does is to let history end.
  // REQUIRES: with one, the storage is PostgreSQL.
  WorkerUnit(const core::WorkerConfig& config, Storage& storage, adapters::RedisClient* redis,
             ports::Clock& clock, ports::Metrics& metrics, ports::Log& log)
      : loop_(clock), store_(storage.make_shard_store(loop_)) {
    core::WorkerPorts ports{.clock = clock,
                            .random = random_,
                            .history = &store_->history(),
                            .updates = store_->updates(),
                            .snapshots = store_->snapshots(),
                            .metrics = metrics,
                            .log = log};
    if (redis != nullptr) {
      ports.buffer = &buffer_.emplace(*redis, loop_);
      ports.drains = &drains_.emplace(*storage.postgres(), loop_);
    }
    worker_.emplace(config, ports);
    store_->attach(*worker_, *worker_);
    store_->attach_history(*worker_);
    if (redis == nullptr) return;
    buffer_->attach(*worker_);
    drains_->attach(*worker_);
  }

  void start() { loop_.start(*worker_); }
  // It begins nothing new and finishes the transaction that it is in.
  void drain() { loop_.drain(); }
  bool drained() const { return loop_.drained(); }
  // Ends its thread, whatever it is doing: safe at any time. Idempotent.
  void stop() { loop_.stop(); }

 private:
  adapters::SystemRandom random_;
  WorkerLoop loop_;
  const std::unique_ptr<ShardStore> store_;
  std::optional<adapters::RedisWriteBuffer> buffer_;
  std::optional<adapters::PostgresDrainStore> drains_;
  std::optional<core::Worker> worker_;
};

}  // namespace syncline::app
