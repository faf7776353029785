#include "server/app/lossy_buffer_report.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/ports/metric.h"

namespace syncline::app {
namespace {

class LastGauge final : public ports::Metrics {
 public:
  void add(ports::Counter, std::uint64_t) override {}
  void add(ports::Gauge gauge, std::int64_t amount) override {
    if (gauge == ports::Gauge::redis_lossy) lossy += amount;
  }
  void observe(ports::Histogram, double) override {}
  void reject(ports::Rejection) override {}

  std::int64_t lossy = 0;
};

class Lines final : public ports::Log {
 public:
  void write(ports::LogLevel, std::string_view event,
             std::initializer_list<ports::LogField> fields) override {
    std::string line(event);
    for (const ports::LogField& field : fields) line += ": " + std::string(field.value);
    lines.push_back(std::move(line));
  }

  std::vector<std::string> lines;
};

const adapters::RedisPersistence safe{};
const adapters::RedisPersistence lossy{.dangers = {"no file", "evicts"}, .warnings = {}};

TEST(LossyBufferReport, keeps_naming_what_is_dangerous) {
  LastGauge metrics;
  Lines log;
  LossyBufferReport report(metrics, log);
  report.take(lossy);
  EXPECT_EQ(metrics.lossy, 2);
  EXPECT_EQ(log.lines.size(), 2u);
  for (int hour = 1; hour <= 3; ++hour) {
    for (unsigned i = 0; i < LossyBufferReport::looks_until_said_again; ++i) report.take(lossy);
    EXPECT_EQ(log.lines.size(), 2u + 2u * hour);
  }
  EXPECT_EQ(log.lines.back(),
            "Redis is the write buffer, and could lose edits that it acknowledged: evicts");
  EXPECT_EQ(metrics.lossy, 2);
}

TEST(LossyBufferReport, says_what_changes_while_it_runs) {
  LastGauge metrics;
  Lines log;
  LossyBufferReport report(metrics, log);
  for (int i = 0; i < 1000; ++i) report.take(safe);
  EXPECT_TRUE(log.lines.empty());
  report.take(lossy);
  EXPECT_EQ(log.lines.size(), 2u);
  report.take(safe);
  EXPECT_EQ(log.lines.back(), "Redis is the write buffer, and keeps what it acknowledges");
  EXPECT_EQ(metrics.lossy, 0);
}

}  // namespace
}  // namespace syncline::app
