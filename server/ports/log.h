#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace syncline::ports {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

// One named value of a log line.
struct LogField {
  std::string_view key;
  std::string_view value;
};

// Where notable events go: a constant sentence and named values. May be called from any thread.
// Implementations: adapters/system (spdlog), tests/world.
class Log {
 public:
  virtual ~Log() = default;

  virtual void write(LogLevel level, std::string_view event,
                     std::initializer_list<LogField> fields) = 0;
};

}  // namespace syncline::ports
