#pragma once

#include <cstdint>

#include "server/ports/metric.h"

namespace syncline::ports {

// Where measurements go. May be called from any thread; never blocks. The names, units, labels and
// help texts stand in metric.h, once. Implementations: adapters/prometheus, tests/world.
class Metrics {
 public:
  virtual ~Metrics() = default;

  virtual void add(Counter counter, std::uint64_t amount = 1) = 0;
  // A gauge is the sum of what everybody added: shards add and subtract their own part.
  virtual void add(Gauge gauge, std::int64_t amount) = 0;
  virtual void observe(Histogram histogram, double value) = 0;
  // One refusal of anything: an upgrade, a message, an update.
  virtual void reject(Rejection reason) = 0;
};

}  // namespace syncline::ports
