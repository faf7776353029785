#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/adapters/redis/redis_broker.h"
#include "server/adapters/redis/redis_client.h"
#include "server/adapters/redis/redis_write_buffer.h"
#include "server/base/assert.h"
#include "server/ports/clock.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"
#include "tests/services/redis_process.h"
#include "tests/unit/adapters/queue_executor.h"

// Clients of a real Redis, and what they need around them.

namespace syncline::adapters {

class SteadyClock final : public ports::Clock {
 public:
  Instant now() const override {
    return {std::chrono::steady_clock::now().time_since_epoch() + jumped_.load()};
  }
  WallTime wall_now() const override { return WallTime{milliseconds(1'700'000'000'000)}; }

  // As if so much time had passed.
  void jump(Duration by) { jumped_ = jumped_.load() + by; }

 private:
  std::atomic<Duration> jumped_{Duration{0}};
};

// Sums what is counted, and lets the test wait for it.
class SummingMetrics final : public ports::Metrics {
 public:
  void add(ports::Counter counter, std::uint64_t amount) override {
    const std::lock_guard lock(mutex_);
    counters_[static_cast<std::size_t>(counter)] += amount;
    changed_.notify_all();
  }
  void add(ports::Gauge gauge, std::int64_t amount) override {
    const std::lock_guard lock(mutex_);
    gauges_[static_cast<std::size_t>(gauge)] += amount;
    changed_.notify_all();
  }
  void observe(ports::Histogram, double) override {}
  void reject(ports::Rejection) override {}

  std::uint64_t value(ports::Counter counter) {
    const std::lock_guard lock(mutex_);
    return counters_[static_cast<std::size_t>(counter)];
  }
  std::int64_t value(ports::Gauge gauge) {
    const std::lock_guard lock(mutex_);
    return gauges_[static_cast<std::size_t>(gauge)];
  }
  bool wait_for(ports::Counter counter, std::uint64_t at_least) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(60), [&] {
      return counters_[static_cast<std::size_t>(counter)] >= at_least;
    });
  }
  bool wait_for(ports::Gauge gauge, std::int64_t exactly) {
    return wait_for(gauge, [exactly](std::int64_t value) { return value == exactly; });
  }
  bool wait_for(ports::Gauge gauge, const std::function<bool(std::int64_t)>& is_good) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(60),
                             [&] { return is_good(gauges_[static_cast<std::size_t>(gauge)]); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<std::uint64_t, static_cast<std::size_t>(ports::Counter::count_)> counters_{};
  std::array<std::int64_t, static_cast<std::size_t>(ports::Gauge::count_)> gauges_{};
};

class LineLog final : public ports::Log {
 public:
  void write(ports::LogLevel, std::string_view event,
             std::initializer_list<ports::LogField> fields) override {
    std::string line(event);
    for (const ports::LogField& field : fields) {
      line += " " + std::string(field.key) + "=" + std::string(field.value);
    }
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  // Waits for a line that contains the text.
  bool wait_for(std::string_view text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(30), [&] {
      return std::any_of(lines_.begin(), lines_.end(), [text](const std::string& line) {
        return line.find(text) != std::string::npos;
      });
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

// Delays short enough for tests. `Service`: a RedisProcess or a RedisCluster.
template <class Service>
RedisOptions test_options(const Service& redis) {
  RedisOptions options = RedisOptions::parse(redis.url()).value();
  options.reconnect_delay_min = milliseconds(5);
  options.reconnect_delay_max = milliseconds(20);
  options.ping_interval = milliseconds(100);
  return options;
}

class NullSink final : public ports::BrokerSink {
 public:
  void on_broker_update(const DocumentName&, Sequence, SharedBytes) override {}
  void on_buffer_update(const DocumentName&, ports::BufferPosition, SharedBytes) override {}
  void on_broker_awareness(const DocumentName&, SharedBytes) override {}
  void on_broker_awareness_query(const DocumentName&) override { ++queries; }

  int queries = 0;
};

// One process that uses Redis: a client, and two brokers by which a test learns that what the
// process has asked for so far has arrived.
class TestProcess {
 public:
  TestProcess(const RedisOptions& options, QueueExecutor& executor) : executor_(executor) {
    client = RedisClient::open(options, clock, metrics, log).value();
    asking_ = std::make_unique<RedisBroker>(*client, executor);
    hearing_ = std::make_unique<RedisBroker>(*client, executor);
    asking_->attach(sink_);
    hearing_->attach(sink_);
    SYNCLINE_ASSERT(client->wait_until_connected(seconds(30)));
  }
  ~TestProcess() { client->stop(); }

  // Until everything that the process has asked for is done, and what it was sent before has been
  // heard. A query leaves once its subscription stands, after all subscriptions and requests of
  // before.
  void settle() {
    const DocumentName name =
        DocumentName::parse("settle " + std::to_string(++settled_) + " of " + name_).value();
    asking_->subscribe(name);
    hearing_->subscribe(name);
    const int before = sink_.queries;
    asking_->query_awareness(name);
    SYNCLINE_ASSERT(executor_.run_until([&] { return sink_.queries > before; }));
    asking_->unsubscribe(name);
    hearing_->unsubscribe(name);
  }

  // Kills or replaces Redis by `fault`; returns once all connections stand again.
  template <class Fault>
  void while_reconnecting(Fault fault) {
    const std::uint64_t before = metrics.value(ports::Counter::redis_reconnects);
    const auto connections = static_cast<std::uint64_t>(
        std::max<std::int64_t>(2, metrics.value(ports::Gauge::redis_connections)));
    fault();
    SYNCLINE_ASSERT(metrics.wait_for(ports::Counter::redis_reconnects, before + connections));
    SYNCLINE_ASSERT(client->wait_until_connected(seconds(30)));
  }

  SteadyClock clock;
  SummingMetrics metrics;
  LineLog log;
  std::unique_ptr<RedisClient> client;

 private:
  QueueExecutor& executor_;
  const std::string name_ = std::to_string(reinterpret_cast<std::uintptr_t>(this));
  NullSink sink_;
  int settled_ = 0;
  std::unique_ptr<RedisBroker> asking_;
  std::unique_ptr<RedisBroker> hearing_;
};

}  // namespace syncline::adapters
