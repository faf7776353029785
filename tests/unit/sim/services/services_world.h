#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/base/document_name.h"
#include "sim/fakes/postgres_drain_store.h"
#include "sim/fakes/postgres_history_store.h"
#include "sim/fakes/postgres_pool.h"
#include "sim/fakes/postgres_snapshot_store.h"
#include "sim/fakes/postgres_update_store.h"
#include "sim/fakes/redis_broker.h"
#include "sim/fakes/redis_connection.h"
#include "sim/fakes/redis_write_buffer.h"
#include "sim/random_stream.h"
#include "sim/scheduler.h"
#include "sim/services/chronicle.h"
#include "sim/services/postgres.h"
#include "sim/services/redis.h"
#include "sim/simulated_network.h"

// PostgreSQL, Redis and processes that use them, on one network, for tests.

namespace syncline::sim {

// A process whose clocks show true time, and that can end.
class TestProcess final : public Process {
 public:
  explicit TestProcess(Scheduler& scheduler) : scheduler_(scheduler) {}
  ~TestProcess() { end(); }

  Instant now() const override { return {scheduler_.now().since_start + seconds(1)}; }
  WallTime wall_now() const override {
    return {duration_cast<milliseconds>(scheduler_.now().since_start + wall_offset)};
  }
  void after(Duration delay, Action action) override {
    scheduler_.after(delay, [alive = alive_, action = std::move(action)]() mutable {
      if (*alive) action();
    });
  }
  void end() { *alive_ = false; }

  Duration wall_offset = seconds(1'000'000);

 private:
  Scheduler& scheduler_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Counts what services tell.
class RecordedReports final : public ServiceReports {
 public:
  void on_observed(history::Party, faults::FaultKind kind) override { ++observed[kind]; }
  void on_probe(std::string_view probe) override {
    const std::string name(probe);
    ++probes[name];
    if (on_next_probe.first == name) std::exchange(on_next_probe, {}).second();
  }

  std::map<faults::FaultKind, int> observed;
  std::map<std::string, int> probes;
  // Called once, from within the report.
  std::pair<std::string, std::function<void()>> on_next_probe;
};

// What stores say was committed, and what the buffer said.
class RecordedHistory final : public history::EventSink {
 public:
  void on_event(const history::Event& event) override {
    if (const auto* appended = std::get_if<history::LogAppended>(&event.content)) {
      log[appended->document.value].emplace_back(as_text(appended->update));
    } else if (const auto* buffered = std::get_if<history::BufferAppended>(&event.content)) {
      buffer[{buffered->lineage, buffered->offset}].emplace_back(as_text(buffered->update));
    } else if (const auto* forgot = std::get_if<history::BufferForgot>(&event.content)) {
      forgotten += forgot->entries;
    } else if (std::holds_alternative<history::LogRead>(event.content)) {
      ++log_reads;
    }
  }

  std::map<std::uint64_t, std::vector<std::string>> log;  // By document number.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<std::string>> buffer;
  std::uint64_t forgotten = 0;
  std::uint64_t log_reads = 0;
};

inline constexpr Party postgres_party{history::PartyKind::postgres, 1};
inline constexpr Party redis_party{history::PartyKind::redis, 1};

class ServicesWorld {
 public:
  explicit ServicesWorld(std::uint64_t run_seed = 1, const RedisSetting& redis_setting = {})
      : seed(run_seed),
        scheduler(run_seed),
        network(scheduler, run_seed, {}, nullptr),
        chronicle(scheduler, history),
        postgres(postgres_party, run_seed, network, chronicle, reports),
        redis(redis_party, run_seed, redis_setting, network, chronicle, reports) {
    start_postgres();
    start_redis();
  }

  void start_postgres() {
    postgres_process = std::make_unique<TestProcess>(scheduler);
    postgres.start(*postgres_process);
  }
  void crash_postgres() {
    postgres_process->end();
    postgres.crash();
  }
  void start_redis() {
    redis_process = std::make_unique<TestProcess>(scheduler);
    redis.start(*redis_process);
  }
  void crash_redis(const std::function<void()>& how) {
    redis_process->end();
    how();
  }

  void run_for(Duration duration) { scheduler.run_until(scheduler.now() + duration); }
  // Until `done`, but not for longer than that.
  bool run_until(const std::function<bool()>& done, Duration at_most = seconds(60)) {
    const Moment end = scheduler.now() + at_most;
    while (!done()) {
      if (scheduler.step(end)) continue;
      scheduler.run_until(end);
      return done();
    }
    return true;
  }

  const std::uint64_t seed;
  Scheduler scheduler;
  SimulatedNetwork network;
  RecordedHistory history;
  RecordedReports reports;
  Chronicle chronicle;
  DocumentNumbers numbers;
  Postgres postgres;
  Redis redis;
  std::unique_ptr<TestProcess> postgres_process;
  std::unique_ptr<TestProcess> redis_process;
};

// A node with one shard, or a worker: everything it uses of PostgreSQL and Redis.
class TestNode {
 public:
  TestNode(ServicesWorld& world, std::uint32_t number)
      : world_(world),
        party{history::PartyKind::node, number},
        process(world.scheduler),
        random(world.seed, "node-" + std::to_string(number), "fakes"),
        pool(party, process, random, world.network, world.postgres, postgres_party, {}),
        updates(pool, world.numbers),
        snapshots(pool, world.numbers),
        drains(pool, world.numbers),
        history(pool, world.numbers),
        redis({party, number, process, random, world.network, world.redis, redis_party,
               world.reports},
              {}, nullptr),
        buffer(redis, world.numbers),
        broker({party, number, process, random, world.network, world.redis, redis_party,
                world.reports},
               {}, redis, world.numbers) {}
  // As SIGKILL does.
  ~TestNode() {
    process.end();
    world_.network.drop_all_of(party);
  }

 private:
  ServicesWorld& world_;

 public:
  const Party party;
  TestProcess process;
  RandomStream random;
  PostgresPool pool;
  PostgresUpdateStore updates;
  PostgresSnapshotStore snapshots;
  PostgresDrainStore drains;
  PostgresHistoryStore history;
  RedisConnection redis;
  RedisWriteBuffer buffer;
  RedisBroker broker;
};

inline SharedBytes bytes_of(std::string_view text) { return SharedBytes(as_bytes(text)); }

}  // namespace syncline::sim
