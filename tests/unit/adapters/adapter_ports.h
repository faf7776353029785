#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/instant.h"
#include "server/ports/clock.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"

// What an adapter needs around it in a test.

namespace syncline::adapters {

class FixedClock final : public ports::Clock {
 public:
  Instant now() const override { return {std::chrono::steady_clock::now().time_since_epoch()}; }
  WallTime wall_now() const override { return WallTime{milliseconds(1'700'000'000'000)}; }
};

// Sums what is counted.
class CountingMetrics final : public ports::Metrics {
 public:
  void add(ports::Counter counter, std::uint64_t amount) override {
    const std::lock_guard lock(mutex_);
    counters_[counter] += amount;
  }
  void add(ports::Gauge gauge, std::int64_t amount) override {
    const std::lock_guard lock(mutex_);
    if (gauge == ports::Gauge::commit_queue_updates) queued_ += amount;
  }
  void observe(ports::Histogram histogram, double value) override {
    const std::lock_guard lock(mutex_);
    if (histogram == ports::Histogram::commit_batch_updates) batches_.push_back(value);
  }
  void reject(ports::Rejection) override {}

  std::int64_t queued() {
    const std::lock_guard lock(mutex_);
    return queued_;
  }
  std::vector<double> batches() {
    const std::lock_guard lock(mutex_);
    return batches_;
  }
  std::uint64_t count(ports::Counter counter) {
    const std::lock_guard lock(mutex_);
    return counters_[counter];
  }

 private:
  std::mutex mutex_;
  std::int64_t queued_ = 0;
  std::vector<double> batches_;
  std::map<ports::Counter, std::uint64_t> counters_;
};

class CollectingLog final : public ports::Log {
 public:
  void write(ports::LogLevel, std::string_view event,
             std::initializer_list<ports::LogField>) override {
    const std::lock_guard lock(mutex_);
    events_.emplace_back(event);
  }
  std::vector<std::string> events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> events_;
};

}  // namespace syncline::adapters
