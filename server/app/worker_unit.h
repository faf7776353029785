#pragma once

#include "server/adapters/postgres/postgres_database.h"
#include "server/adapters/postgres/postgres_drain_store.h"
#include "server/adapters/postgres/postgres_store.h"
#include "server/adapters/redis/redis_client.h"
#include "server/adapters/redis/redis_write_buffer.h"
#include "server/adapters/system/system_random.h"
#include "server/app/worker_loop.h"
#include "server/core/worker.h"
#include "server/ports/clock.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"

namespace syncline::app {

// One worker with its thread and its ports: alone in a process (`worker`), or inside a node
// (--with-worker). All that it is given must outlive it, and be stopped after it.
class WorkerUnit {
 public:
  WorkerUnit(const core::WorkerConfig& config, adapters::PostgresDatabase& database,
             adapters::RedisClient& redis, ports::Clock& clock, ports::Metrics& metrics,
             ports::Log& log)
      : loop_(clock),
        store_(database, loop_),
        drains_(database, loop_),
        buffer_(redis, loop_),
        worker_(config, {.clock = clock,
                         .random = random_,
                         .buffer = buffer_,
                         .drains = drains_,
                         .updates = store_,
                         .snapshots = store_,
                         .metrics = metrics,
                         .log = log}) {
    store_.attach(worker_, worker_);
    drains_.attach(worker_);
    buffer_.attach(worker_);
  }

  void start() { loop_.start(worker_); }
  // It begins nothing new and finishes the transaction that it is in.
  void drain() { loop_.drain(); }
  bool drained() const { return loop_.drained(); }
  // Ends its thread, whatever it is doing: safe at any time. Idempotent.
  void stop() { loop_.stop(); }

 private:
  adapters::SystemRandom random_;
  WorkerLoop loop_;
  adapters::PostgresStore store_;
  adapters::PostgresDrainStore drains_;
  adapters::RedisWriteBuffer buffer_;
  core::Worker worker_;
};

}  // namespace syncline::app
