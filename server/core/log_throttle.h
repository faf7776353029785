#pragma once

#include <cstddef>
#include <string_view>

#include "server/base/instant.h"
#include "server/ports/log.h"

namespace syncline::core {

// For what may happen to every document at once: a service is away and ten thousand of them cannot
// be loaded. One line says so at its level, and one a minute as long as it goes on, with how many
// there were between; those are written at debug.
class LogThrottle {
 public:
  // At which level a line is to be written that would be at `wanted`.
  ports::LogLevel level(Instant now, ports::LogLevel wanted);

  // Writes such a line. `problem` may be empty.
  void write(ports::Log& log, Instant now, ports::LogLevel level, std::string_view event,
             std::string_view document, std::string_view problem);

 private:
  Instant next_at_;
  std::size_t between_ = 0;
};

}  // namespace syncline::core
