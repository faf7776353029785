#include "server/core/log_throttle.h"

#include <string>
#include <utility>

namespace syncline::core {
namespace {

constexpr Duration between_lines = seconds(60);

}  // namespace

ports::LogLevel LogThrottle::level(Instant now, ports::LogLevel wanted) {
  if (now < next_at_) {
    ++between_;
    return ports::LogLevel::debug;
  }
  next_at_ = now + between_lines;
  return wanted;
}

void LogThrottle::write(ports::Log& log, Instant now, ports::LogLevel level, std::string_view event,
                        std::string_view document, std::string_view problem) {
  level = this->level(now, level);
  if (level != ports::LogLevel::debug && between_ > 0) {
    const std::string between = std::to_string(std::exchange(between_, 0));
    return log.write(level, event,
                     {{"document", document}, {"problem", problem}, {"others", between}});
  }
  if (problem.empty()) return log.write(level, event, {{"document", document}});
  log.write(level, event, {{"document", document}, {"problem", problem}});
}

}  // namespace syncline::core
