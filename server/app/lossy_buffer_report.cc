#include "server/app/lossy_buffer_report.h"

#include "server/ports/metric.h"

namespace syncline::app {

void LossyBufferReport::take(const adapters::RedisPersistence& found) {
  const bool changed = found.dangers != dangers_;
  if (!changed && ++looks_since_ < looks_until_said_again) return;
  looks_since_ = 0;
  if (changed && found.safe()) {
    log_.write(ports::LogLevel::info, "Redis is the write buffer, and keeps what it acknowledges",
               {});
  }
  for (const std::string& danger : found.dangers) {
    log_.write(ports::LogLevel::warning,
               "Redis is the write buffer, and could lose edits that it acknowledged",
               {{"danger", danger}});
  }
  const auto change =
      static_cast<std::int64_t>(found.dangers.size()) - static_cast<std::int64_t>(dangers_.size());
  if (change != 0) metrics_.add(ports::Gauge::redis_lossy, change);
  dangers_ = found.dangers;
}

}  // namespace syncline::app
