#include "server/adapters/system/spdlog_log.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace syncline::adapters {
namespace {

using ports::LogLevel;

// A file that is no terminal, and what was written to it.
class LogFile {
 public:
  LogFile() : file_(std::tmpfile()) {}
  ~LogFile() { std::fclose(file_); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  std::FILE* get() const { return file_; }

  std::vector<std::string> lines() const {
    std::rewind(file_);
    std::vector<std::string> lines(1);
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
      if (c == '\n') {
        lines.emplace_back();
      } else {
        lines.back().push_back(static_cast<char>(c));
      }
    }
    EXPECT_TRUE(lines.back().empty()) << "the last line is ended, too";
    lines.pop_back();
    return lines;
  }

 private:
  std::FILE* file_;
};

boost::json::object parse(const std::string& line) {
  boost::system::error_code code;
  boost::json::value value = boost::json::parse(line, code);
  EXPECT_FALSE(code) << code.message() << ": " << line;
  return value.is_object() ? value.as_object() : boost::json::object();
}

TEST(SpdlogLogTest, writes_json_where_there_is_no_terminal) {
  const LogFile file;
  SpdlogLog log({.file = file.get()});
  log.write(LogLevel::warning, "a sentence", {{"document", "a"}, {"count", "3"}});
  ASSERT_EQ(file.lines().size(), 1u);
  const boost::json::object line = parse(file.lines()[0]);
  EXPECT_EQ(line.at("level"), "warning");
  EXPECT_EQ(line.at("event"), "a sentence");
  EXPECT_EQ(line.at("document"), "a");
  EXPECT_EQ(line.at("count"), "3");
  EXPECT_THAT(std::string(line.at("time").as_string()),
              testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:"
                                    "[0-9]{2}[.][0-9]{3}Z"));
}

TEST(SpdlogLogTest, names_every_level) {
  const LogFile file;
  SpdlogLog log({.level = LogLevel::debug, .file = file.get()});
  for (const LogLevel level :
       {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    log.write(level, "event", {});
  }
  std::vector<std::string> levels;
  const std::vector<std::string> lines = file.lines();
  for (const std::string& line : lines) {
    levels.emplace_back(parse(line).at("level").as_string());
  }
  EXPECT_EQ(levels, (std::vector<std::string>{"debug", "info", "warning", "error"}));
}

TEST(SpdlogLogTest, drops_what_is_below_its_level) {
  const LogFile file;
  SpdlogLog log({.level = LogLevel::warning, .file = file.get()});
  log.write(LogLevel::info, "no", {});
  log.write(LogLevel::error, "yes", {});
  EXPECT_EQ(file.lines().size(), 1u);
}

// Values come from clients: names of documents, reasons. They must neither break a line nor forge
// one.
TEST(SpdlogLogTest, keeps_an_event_on_one_line_of_valid_json_whatever_it_holds) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
  const LogFile file;
  SpdlogLog log({.format = LogFormat::json, .file = file.get()});
  const std::vector<std::string> values = {every_byte, "\n{\"event\":\"forged\"}\n", "\"\\",
                                           "\xff\xfe", "\u00e9 \U0001F600",          "%v {} {0}",
                                           ""};
  for (const std::string& value : values) log.write(LogLevel::info, value, {{"value", value}});
  const std::vector<std::string> lines = file.lines();
  ASSERT_EQ(lines.size(), values.size());
  for (std::size_t i = 1; i < values.size(); ++i) {
    const boost::json::object line = parse(lines[i]);
    if (values[i] == "\xff\xfe") {
      EXPECT_EQ(line.at("value"), "\ufffd\ufffd");
    } else {
      EXPECT_EQ(line.at("value"), boost::json::string(values[i]));
    }
  }
  EXPECT_EQ(parse(lines[0]).at("value").as_string().size(), 128u + 128u * 3u);
}

TEST(SpdlogLogTest, writes_plain_text_for_people) {
  const LogFile file;
  SpdlogLog log({.format = LogFormat::human, .file = file.get()});
  log.write(LogLevel::info, "a document was opened",
            {{"document", "plain"}, {"reason", "two words"}, {"bad", "x\n\x1b[31m"}});
  ASSERT_EQ(file.lines().size(), 1u);
  EXPECT_THAT(file.lines()[0],
              testing::MatchesRegex("[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3} info    "
                                    "a document was opened  document=plain "
                                    "reason=\"two words\" bad=\"x\\\\n\\\\u001b[[]31m\""));
}

TEST(SpdlogLogTest, may_be_used_by_several_threads) {
  const LogFile file;
  SpdlogLog log({.format = LogFormat::json, .file = file.get()});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&log] {
      for (int n = 0; n < 200; ++n) log.write(LogLevel::info, "event", {{"key", "value"}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines = file.lines();
  EXPECT_EQ(lines.size(), 800u);
  for (const std::string& line : lines) EXPECT_EQ(parse(line).at("key"), "value");
}

}  // namespace
}  // namespace syncline::adapters
