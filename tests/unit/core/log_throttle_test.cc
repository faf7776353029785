#include "server/core/log_throttle.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace syncline::core {
namespace {

class Lines final : public ports::Log {
 public:
  void write(ports::LogLevel level, std::string_view event,
             std::initializer_list<ports::LogField> fields) override {
    std::string line = level == ports::LogLevel::debug ? "debug " : "error ";
    line += event;
    for (const ports::LogField& field : fields) {
      line += ' ' + std::string(field.key) + '=' + std::string(field.value);
    }
    lines.push_back(std::move(line));
  }

  std::vector<std::string> lines;
};

TEST(LogThrottle, WritesALineAMinuteAndHowManyThereWereBetween) {
  Lines log;
  LogThrottle throttle;
  const auto write = [&](Duration at, std::string_view document) {
    throttle.write(log, Instant{at}, ports::LogLevel::error, "it fails", document, "why");
  };
  write(seconds(5), "a");
  write(seconds(5), "b");
  write(seconds(64), "c");
  write(seconds(65), "d");
  write(seconds(130), "e");
  EXPECT_EQ(log.lines, (std::vector<std::string>{"error it fails document=a problem=why",
                                                 "debug it fails document=b problem=why",
                                                 "debug it fails document=c problem=why",
                                                 "error it fails document=d problem=why others=2",
                                                 "error it fails document=e problem=why"}));
}

}  // namespace
}  // namespace syncline::core
