#include "server/adapters/prometheus/prometheus_metrics.h"

#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace syncline::adapters {
namespace {

using ports::Counter;
using ports::Gauge;
using ports::Histogram;
using ports::Rejection;

// The sample lines of the text format: name with labels -> value.
std::map<std::string, std::string> samples(const PrometheusMetrics& metrics) {
  std::map<std::string, std::string> out;
  std::istringstream in(metrics.serialize());
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t space = line.rfind(' ');
    EXPECT_TRUE(out.emplace(line.substr(0, space), line.substr(space + 1)).second) << line;
  }
  return out;
}

TEST(PrometheusMetricsTest, has_every_metric_of_the_registry_from_the_start) {
  const PrometheusMetrics metrics("1.2.3");
  const auto found = samples(metrics);
  for (const auto& info : ports::counter_info) EXPECT_EQ(found.at(std::string(info.name)), "0");
  for (const auto& info : ports::gauge_info) EXPECT_EQ(found.at(std::string(info.name)), "0");
  for (const auto& info : ports::histogram_info) {
    EXPECT_EQ(found.at(std::string(info.name) + "_count"), "0");
  }
  for (const auto reason : ports::rejection_names) {
    EXPECT_EQ(found.at("syncline_rejected_total{reason=\"" + std::string(reason) + "\"}"), "0");
  }
  EXPECT_EQ(found.at("syncline_build_info{version=\"1.2.3\"}"), "1");
}

TEST(PrometheusMetricsTest, describes_every_metric_once) {
  const std::string text = PrometheusMetrics("1").serialize();
  for (const auto& info : ports::counter_info) {
    const std::string name(info.name);
    EXPECT_NE(text.find("# HELP " + name + " " + std::string(info.help) + "\n"), std::string::npos);
    EXPECT_NE(text.find("# TYPE " + name + " counter\n"), std::string::npos);
    EXPECT_EQ(text.find("# TYPE " + name, text.find("# TYPE " + name) + 1), std::string::npos);
  }
}

TEST(PrometheusMetricsTest, counts_in_integers) {
  PrometheusMetrics metrics("1");
  metrics.add(Counter::bytes_in, 12'345'678'901'234);
  metrics.add(Counter::bytes_in, 1);
  metrics.add(Gauge::connections, 5);
  metrics.add(Gauge::connections, -7);
  metrics.reject(Rejection::draining);
  metrics.reject(Rejection::draining);
  const auto found = samples(metrics);
  EXPECT_EQ(found.at("syncline_bytes_in_total"), "12345678901235");
  EXPECT_EQ(found.at("syncline_connections"), "-2");
  EXPECT_EQ(found.at("syncline_rejected_total{reason=\"draining\"}"), "2");
}

TEST(PrometheusMetricsTest, sorts_observations_into_cumulative_buckets) {
  PrometheusMetrics metrics("1");
  // Upper bounds 1, 2, 4, ...: a bound belongs to its bucket.
  for (const double value : {1.0, 2.0, 3.0, 4.0, 1e9}) {
    metrics.observe(Histogram::commit_batch_updates, value);
  }
  const auto found = samples(metrics);
  const auto bucket = [&found](const std::string& bound) {
    return found.at("syncline_commit_batch_updates_bucket{le=\"" + bound + "\"}");
  };
  EXPECT_EQ(bucket("1"), "1");
  EXPECT_EQ(bucket("2"), "2");
  EXPECT_EQ(bucket("4"), "4");
  EXPECT_EQ(bucket("32768"), "4");
  EXPECT_EQ(bucket("+Inf"), "5");
  EXPECT_EQ(found.at("syncline_commit_batch_updates_count"), "5");
  EXPECT_EQ(std::stod(found.at("syncline_commit_batch_updates_sum")), 1e9 + 10);
  EXPECT_FALSE(found.contains("syncline_commit_batch_updates_bucket{le=\"65536\"}"));
}

TEST(PrometheusMetricsTest, loses_nothing_between_threads) {
  constexpr int threads = 24;  // More than there are rows.
  constexpr int rounds = 2000;
  PrometheusMetrics metrics("1");
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) {
    all.emplace_back([&metrics] {
      for (int n = 0; n < rounds; ++n) {
        metrics.add(Counter::updates_in, 1);
        metrics.add(Gauge::ring_bytes, n % 2 == 0 ? 3 : -2);
        metrics.observe(Histogram::ack_seconds, 0.5);
      }
    });
  }
  static_cast<void>(metrics.serialize());  // At the same time.
  for (std::thread& thread : all) thread.join();
  const auto found = samples(metrics);
  EXPECT_EQ(found.at("syncline_updates_in_total"), std::to_string(threads * rounds));
  EXPECT_EQ(found.at("syncline_ring_bytes"), std::to_string(threads * rounds / 2));
  EXPECT_EQ(found.at("syncline_ack_seconds_count"), std::to_string(threads * rounds));
  EXPECT_EQ(found.at("syncline_ack_seconds_sum"), std::to_string(threads * rounds / 2));
}

TEST(PrometheusMetricsTest, knows_the_process) {
  const auto found = samples(PrometheusMetrics("1"));
  EXPECT_GT(std::stod(found.at("process_cpu_seconds_total")), 0);
  EXPECT_GT(std::stod(found.at("process_resident_memory_bytes")), 1e6);
  EXPECT_GE(std::stod(found.at("process_open_fds")), 3);
  EXPECT_GT(std::stod(found.at("process_start_time_seconds")), 1.6e9);
}

}  // namespace
}  // namespace syncline::adapters
