#include "server/app/node_report.h"

#include <array>
#include <string_view>
#include <utility>

#include "server/app/version.h"

namespace syncline::app {
namespace {

constexpr std::array<std::pair<ports::Gauge, std::string_view>, 3> services = {
    {{ports::Gauge::degraded_broker, "broker"},
     {ports::Gauge::degraded_buffer, "buffer"},
     {ports::Gauge::degraded_store, "store"}}};

}  // namespace

std::string degraded_json(const adapters::PrometheusMetrics& metrics) {
  std::string names;
  for (const auto& [gauge, name] : services) {
    if (metrics.level(gauge) == 0) continue;
    if (!names.empty()) names += ",";
    names += '"' + std::string(name) + '"';
  }
  return "[" + names + "]";
}

NodeReport::NodeReport(std::string node, const adapters::PrometheusMetrics& metrics,
                       ports::Clock& clock)
    : node_(std::move(node)), metrics_(metrics), clock_(clock), started_(clock.now()) {}

std::string NodeReport::status_json() {
  std::string shards;
  for (const adapters::ShardLoop* loop : loops_) {
    const auto status = loop->status();
    if (!shards.empty()) shards += ",";
    shards += "{\"connections\":" + std::to_string(status.connections) +
              ",\"documents\":" + std::to_string(status.rooms) + "}";
  }
  const auto uptime = duration_cast<seconds>(clock_.now() - started_).count();
  return "{\"node\":\"" + node_ + "\",\"version\":\"" + std::string(version) +
         "\",\"ready\":" + (ready() ? "true" : "false") +
         ",\"degraded\":" + degraded_json(metrics_) +
         ",\"uptime_seconds\":" + std::to_string(uptime) + ",\"shards\":[" + shards + "]}\n";
}

}  // namespace syncline::app
