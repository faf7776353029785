#pragma once

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "server/ports/log.h"

namespace syncline::adapters {

enum class LogFormat : std::uint8_t {
  automatic,  // human on a terminal, json otherwise.
  human,      // 12:34:56.789 info    a sentence  key=value key="two words"
  json,  // {"time":"2026-01-31T12:34:56.789Z","level":"info","event":"a sentence","key":"value"}
};

// Log lines through spdlog. Whatever the values hold, an event is one line. May be called from any
// thread; a line is written before the call returns.
class SpdlogLog final : public ports::Log {
 public:
  struct Options {
    ports::LogLevel level = ports::LogLevel::info;  // Lower ones are dropped.
    LogFormat format = LogFormat::automatic;
    std::FILE* file = stderr;  // Must stay open as long as the log lives.
  };

  explicit SpdlogLog(const Options& options);
  ~SpdlogLog() override;

  // The field names time, level and event are the log's own. Times are UTC.
  void write(ports::LogLevel level, std::string_view event,
             std::initializer_list<ports::LogField> fields) override;

 private:
  class State;

  const std::unique_ptr<State> state_;
};

}  // namespace syncline::adapters
