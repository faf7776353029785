#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "server/adapters/beast/http_server.h"
#include "server/adapters/beast/shard_loop.h"
#include "server/adapters/prometheus/prometheus_metrics.h"
#include "server/base/instant.h"
#include "server/ports/clock.h"

namespace syncline::app {

// The services that are down, as JSON: ["broker","store"]. One that is down need not be missed:
// docs/operations.md, "When parts fail".
std::string degraded_json(const adapters::PrometheusMetrics& metrics);

// What a node's pages for operators say.
class NodeReport final : public adapters::NodeReport {
 public:
  // `node` is its name. The others must outlive the report.
  NodeReport(std::string node, const adapters::PrometheusMetrics& metrics, ports::Clock& clock);

  // REQUIRES: called before the first question.
  void watch(std::vector<adapters::ShardLoop*> loops) { loops_ = std::move(loops); }
  void set_ready(bool ready) { ready_.store(ready); }

  std::string metrics_text() override { return metrics_.serialize(); }
  std::string status_json() override;
  bool ready() override { return ready_.load(); }

 private:
  const std::string node_;
  const adapters::PrometheusMetrics& metrics_;
  ports::Clock& clock_;
  const Instant started_;
  std::vector<adapters::ShardLoop*> loops_;  // Constant once the HTTP server has started.
  std::atomic<bool> ready_ = false;
};

}  // namespace syncline::app
