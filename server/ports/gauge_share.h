#pragma once

#include <cstddef>
#include <cstdint>

#include "server/ports/metrics.h"

namespace syncline::ports {

// One owner's part of a gauge that is the sum over all owners. Takes its part back at the end.
class GaugeShare {
 public:
  GaugeShare(Metrics& metrics, Gauge gauge) : metrics_(metrics), gauge_(gauge) {}
  // Of a sum that is kept here, too, for decisions. It must outlive the share.
  GaugeShare(Metrics& metrics, Gauge gauge, std::size_t& total)
      : metrics_(metrics), gauge_(gauge), total_(&total) {}
  ~GaugeShare() { set(0); }

  GaugeShare(const GaugeShare&) = delete;
  GaugeShare& operator=(const GaugeShare&) = delete;

  void set(std::size_t value) {
    const auto wanted = static_cast<std::int64_t>(value);
    if (wanted == value_) return;
    metrics_.add(gauge_, wanted - value_);
    if (total_ != nullptr) *total_ += static_cast<std::size_t>(wanted - value_);
    value_ = wanted;
  }

 private:
  Metrics& metrics_;
  const Gauge gauge_;
  std::size_t* const total_ = nullptr;
  std::int64_t value_ = 0;
};

}  // namespace syncline::ports
