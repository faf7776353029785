#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/ports/metrics.h"

namespace syncline::adapters {

// The measurements of this process, and their text for a Prometheus scrape.
//
// Every shard counts several things for each message, so a count must cost no more than an
// addition: each thread adds to one of a few rows of atomic integers, and only serialize() sums
// them up. The library (prometheus-cpp) sees the sums, and writes the format.
//
// May be called from any thread.
class PrometheusMetrics final : public ports::Metrics {
 public:
  // `version` is what syncline_build_info says.
  explicit PrometheusMetrics(std::string_view version);
  ~PrometheusMetrics() override;

  void add(ports::Counter counter, std::uint64_t amount) override;
  void add(ports::Gauge gauge, std::int64_t amount) override;
  void observe(ports::Histogram histogram, double value) override;
  void reject(ports::Rejection reason) override;

  std::int64_t level(ports::Gauge gauge) const;

  // Everything, in the text exposition format 0.0.4:
  // Content-Type: text/plain; version=0.0.4; charset=utf-8
  std::string serialize() const;

 private:
  class State;

  const std::unique_ptr<State> state_;
};

}  // namespace syncline::adapters
