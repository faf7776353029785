#include "server/adapters/system/spdlog_log.h"

#include <algorithm>
#include <string>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <unistd.h>

#include "server/adapters/system/json_text.h"

namespace syncline::adapters {
namespace {

using Sink = spdlog::sinks::ansicolor_sink<spdlog::details::console_mutex>;

constexpr const char* human_pattern = "%H:%M:%S.%e %^%-7l%$ %v";
constexpr const char* json_pattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

spdlog::level::level_enum spdlog_level(ports::LogLevel level) {
  switch (level) {
    case ports::LogLevel::debug:
      return spdlog::level::debug;
    case ports::LogLevel::info:
      return spdlog::level::info;
    case ports::LogLevel::warning:
      return spdlog::level::warn;
    case ports::LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

bool is_json(const SpdlogLog::Options& options) {
  switch (options.format) {
    case LogFormat::human:
      return false;
    case LogFormat::json:
      return true;
    case LogFormat::automatic:
      return isatty(fileno(options.file)) == 0;
  }
  return true;
}

// Text that can stand in a line without quotes.
bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '=';
  });
}

std::string human_line(std::string_view event, std::initializer_list<ports::LogField> fields) {
  std::string line(event);
  const char* separator = "  ";
  for (const auto& [key, value] : fields) {
    line.append(separator).append(key).append("=");
    if (is_plain(value)) {
      line.append(value);
    } else {
      append_json_string(line, value);
    }
    separator = " ";
  }
  return line;
}

std::string json_members(std::string_view event, std::initializer_list<ports::LogField> fields) {
  std::string line = R"("event":)";
  append_json_string(line, event);
  for (const auto& [key, value] : fields) {
    line += ',';
    append_json_string(line, key);
    line += ':';
    append_json_string(line, value);
  }
  return line;
}

}  // namespace

class SpdlogLog::State {
 public:
  explicit State(const Options& options)
      : json_(is_json(options)),
        logger_("syncline",
                std::make_shared<Sink>(options.file, json_ ? spdlog::color_mode::never
                                                           : spdlog::color_mode::automatic)) {
    logger_.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        json_ ? json_pattern : human_pattern, spdlog::pattern_time_type::utc));
    logger_.set_level(spdlog_level(options.level));
    logger_.flush_on(spdlog::level::trace);
  }

  void write(spdlog::level::level_enum level, std::string_view event,
             std::initializer_list<ports::LogField> fields) {
    if (!logger_.should_log(level)) return;
    const std::string line = json_ ? json_members(event, fields) : human_line(event, fields);
    logger_.log(level, spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  const bool json_;
  spdlog::logger logger_;
};

SpdlogLog::SpdlogLog(const Options& options) : state_(std::make_unique<State>(options)) {}
SpdlogLog::~SpdlogLog() = default;

void SpdlogLog::write(ports::LogLevel level, std::string_view event,
                      std::initializer_list<ports::LogField> fields) {
  state_->write(spdlog_level(level), event, fields);
}

}  // namespace syncline::adapters
