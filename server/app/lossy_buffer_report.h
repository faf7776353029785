#pragma once

#include <string>
#include <vector>

#include "server/adapters/redis/server_report.h"
#include "server/base/instant.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"

namespace syncline::app {

// Keeps naming, in a metric and the log, what lets a Redis that is the write buffer lose edits that
// it has acknowledged: settings are changed while it runs, and a master may hand over to a replica
// that is set otherwise. Not thread-safe.
class LossyBufferReport {
 public:
  static constexpr Duration look_interval = std::chrono::minutes(1);
  // What stays as it is is said again after so many looks: an hour.
  static constexpr unsigned looks_until_said_again = 60;

  // The ports must outlive it.
  LossyBufferReport(ports::Metrics& metrics, ports::Log& log) : metrics_(metrics), log_(log) {}

  // Once each look_interval.
  void take(const adapters::RedisPersistence& found);

 private:
  ports::Metrics& metrics_;
  ports::Log& log_;
  std::vector<std::string> dangers_;  // As said last; the gauge has their number.
  unsigned looks_since_ = 0;
};

}  // namespace syncline::app
