#pragma once

#include <cstdint>

#include <cstddef>
#include <cstdint>

#include "server/ports/metrics.h"

namespace syncline::ports {

// One owner's part of a gauge that is the sum over all owners. Takes its part back at the end.
class GaugeShare {
 public:
  GaugeShare(Metrics& metrics, Gauge gauge) : metrics_(metrics), gauge_(gauge) {}
  ~GaugeShare() { set(0); }

  GaugeShare(const GaugeShare&) = delete;
  GaugeShare& operator=(const GaugeShare&) = delete;

  void set(std::size_t value) {
    const auto wanted = static_cast<std::int64_t>(value);
    if (wanted != value_) metrics_.add(gauge_, wanted - value_);
    value_ = wanted;
  }

 private:
  Metrics& metrics_;
  const Gauge gauge_;
  std::int64_t value_ = 0;
};

}  // namespace syncline::ports
