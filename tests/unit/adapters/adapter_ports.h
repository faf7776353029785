#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
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
    levels_[static_cast<std::size_t>(gauge)] += amount;
    changed_.notify_all();
  }
  void observe(ports::Histogram histogram, double value) override {
    const std::lock_guard lock(mutex_);
    if (histogram == ports::Histogram::commit_batch_updates) batches_.push_back(value);
  }
  void reject(ports::Rejection) override {}

  std::int64_t queued() { return level(ports::Gauge::commit_queue_updates); }
  std::int64_t level(ports::Gauge gauge) {
    const std::lock_guard lock(mutex_);
    return levels_[static_cast<std::size_t>(gauge)];
  }
  bool wait_for(ports::Gauge gauge, std::int64_t exactly) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(30),
                             [&] { return levels_[static_cast<std::size_t>(gauge)] == exactly; });
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
  std::condition_variable changed_;
  std::array<std::int64_t, static_cast<std::size_t>(ports::Gauge::count_)> levels_{};
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
