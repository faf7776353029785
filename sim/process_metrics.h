#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "server/base/assert.h"
#include "server/ports/metrics.h"

namespace syncline::sim {

// Adds up what one life of a process measures.
class ProcessMetrics final : public ports::Metrics {
 public:
  void add(ports::Counter counter, std::uint64_t amount) override {
    counters_[static_cast<std::size_t>(counter)] += amount;
  }
  void add(ports::Gauge gauge, std::int64_t amount) override {
    levels_[static_cast<std::size_t>(gauge)] += amount;
  }
  void observe(ports::Histogram, double value) override { SYNCLINE_ASSERT(value >= 0, value); }
  void reject(ports::Rejection reason) override { ++rejections_[static_cast<std::size_t>(reason)]; }

  std::uint64_t count(ports::Counter counter) const {
    return counters_[static_cast<std::size_t>(counter)];
  }
  std::int64_t level(ports::Gauge gauge) const { return levels_[static_cast<std::size_t>(gauge)]; }
  // Of a gauge of bytes.
  std::uint64_t bytes(ports::Gauge gauge) const {
    SYNCLINE_ASSERT(level(gauge) >= 0, level(gauge));
    return static_cast<std::uint64_t>(level(gauge));
  }
  std::uint64_t rejections(ports::Rejection reason) const {
    return rejections_[static_cast<std::size_t>(reason)];
  }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(ports::Counter::count_)> counters_{};
  std::array<std::int64_t, static_cast<std::size_t>(ports::Gauge::count_)> levels_{};
  std::array<std::uint64_t, static_cast<std::size_t>(ports::Rejection::count_)> rejections_{};
};

}  // namespace syncline::sim
