#include "server/app/option.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <unistd.h>

namespace syncline::app {
namespace {

// A program with one option of each kind.
class OptionTest : public ::testing::Test {
 protected:
  // "" or the error's line.
  std::string read(std::vector<std::string> arguments) {
    const auto parsed = read_options(
        groups_, {.arguments = arguments,
                  .environment = [this](const std::string& name) -> std::optional<std::string> {
                    const auto it = environment_.find(name);
                    if (it == environment_.end()) return std::nullopt;
                    return it->second;
                  }});
    if (!parsed.ok()) return parsed.error().detail;
    positional_ = parsed->positional;
    help_ = parsed->help;
    return "";
  }

  std::string write_config(std::string_view text) {
    const std::string path = std::filesystem::temp_directory_path() /
                             ("syncline_option_test_" + std::to_string(::getpid()) + ".toml");
    std::ofstream(path) << text;
    environment_["SYNCLINE_CONFIG"] = path;
    return path;
  }

  void TearDown() override {
    const auto it = environment_.find("SYNCLINE_CONFIG");
    if (it != environment_.end()) std::remove(it->second.c_str());
  }

  std::string config_;
  adapters::Endpoint listen_{"127.0.0.1", 8080};
  std::size_t count_ = 3;
  std::size_t size_ = 16 * limits::mebibyte;
  Duration time_ = seconds(20);
  bool verbose_ = false;
  std::vector<std::string> origins_;
  std::vector<std::string> networks_;
  std::string level_ = "info";
  std::string once_;
  std::vector<OptionGroup> groups_ = {
      {"Options",
       {{"config", "FILE", "A TOML file", text_value(config_)},
        {"listen", "HOST:PORT", "Where", endpoint_value(listen_)},
        {"max-things", "N", "How many", count_value(count_, 1, 10)},
        {"max-bytes", "SIZE", "How large", size_value(size_, 1024, 1 << 30)},
        {"drain-timeout", "TIME", "How long", duration_value(time_, milliseconds(10))},
        {"verbose", "", "Say more", switch_value(verbose_)},
        {"allow-origin", "ORIGIN", "Who", texts_value(origins_)},
        {"trusted-proxy", "NETWORK", "Whom to believe", networks_value(networks_)},
        {"log-level", "LEVEL", "Which", choice_value(level_, {"info", "error"})},
        {"once", "X", "This time", text_value(once_), true}}}};
  std::map<std::string, std::string> environment_;
  std::vector<std::string> positional_;
  bool help_ = false;
};

TEST_F(OptionTest, EachKindIsRead) {
  EXPECT_EQ(read({"word", "--listen", ":0", "--max-things=7", "--max-bytes", "2MiB",
                  "--drain-timeout=500ms", "--verbose", "--allow-origin", "a", "--allow-origin=b",
                  "--trusted-proxy=10.0.0.0/8", "--trusted-proxy=::1", "--log-level", "error",
                  "--once", "x", "-"}),
            "");
  EXPECT_EQ(listen_.text(), "0.0.0.0:0");
  EXPECT_EQ(count_, 7U);
  EXPECT_EQ(size_, 2 * limits::mebibyte);
  EXPECT_EQ(time_, milliseconds(500));
  EXPECT_TRUE(verbose_);
  EXPECT_EQ(origins_, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(networks_, (std::vector<std::string>{"10.0.0.0/8", "::1"}));
  EXPECT_EQ(level_, "error");
  EXPECT_EQ(positional_, (std::vector<std::string>{"word", "-"}));
}

TEST_F(OptionTest, FlagsWinOverTheEnvironmentAndThatOverTheFile) {
  write_config(
      "max-things = 1\nmax_bytes = \"1MiB\"\nlog-level = \"error\"\n"
      "allow-origin = [\"file\", \"too\"]\nverbose = true\n");
  environment_["SYNCLINE_MAX_THINGS"] = "2";
  environment_["SYNCLINE_MAX_BYTES"] = "2MiB";
  environment_["SYNCLINE_ALLOW_ORIGIN"] = "environment";
  EXPECT_EQ(read({"--max-things", "3"}), "");
  EXPECT_EQ(count_, 3U);
  EXPECT_EQ(size_, 2 * limits::mebibyte);
  EXPECT_EQ(level_, "error");
  EXPECT_EQ(origins_, std::vector<std::string>{"environment"});
  EXPECT_TRUE(verbose_);
}

TEST_F(OptionTest, WrongFlagsAreNamedWithWhatWasExpected) {
  EXPECT_EQ(read({"--listne", ":1"}), "--listne: unknown option; did you mean --listen?");
  EXPECT_EQ(read({"--frobnicate"}), "--frobnicate: unknown option; --help lists all");
  EXPECT_EQ(read({"-x"}), "-x: unknown option; --help lists all");
  EXPECT_EQ(read({"--listen"}), "--listen: needs a value: HOST:PORT");
  EXPECT_EQ(read({"--listen", "8080"}), "--listen: expected HOST:PORT, not '8080'");
  EXPECT_EQ(read({"--trusted-proxy", "gateway"}),
            "--trusted-proxy: expected an address or a network such as 10.0.0.0/8, not 'gateway'");
  EXPECT_EQ(read({"--max-things", "11"}), "--max-things: expected a number from 1 to 10, not '11'");
  EXPECT_EQ(read({"--max-things", "-1"}), "--max-things: expected a number from 1 to 10, not '-1'");
  EXPECT_EQ(read({"--max-bytes", "16XiB"}),
            "--max-bytes: expected a size such as 16MiB, 64KiB or 1000, not '16XiB'");
  EXPECT_EQ(read({"--max-bytes", "1"}), "--max-bytes: expected a size from 1KiB to 1GiB, not '1'");
  EXPECT_EQ(read({"--drain-timeout", "30"}),
            "--drain-timeout: expected a duration such as 30s, 500ms or 5m, not '30'");
  EXPECT_EQ(read({"--drain-timeout", "1ms"}),
            "--drain-timeout: expected a duration of at least 10ms, not '1ms'");
  EXPECT_EQ(read({"--log-level", "loud"}), "--log-level: expected info or error, not 'loud'");
  EXPECT_EQ(read({"--verbose=maybe"}), "--verbose: expected true or false, not 'maybe'");
  EXPECT_EQ(read({"--max-things", "1", "--max-things", "2"}), "--max-things: given twice");
}

TEST_F(OptionTest, WrongFilesAreNamedWithTheirLine) {
  EXPECT_TRUE(read({"--config", "/nowhere.toml"}).starts_with("/nowhere.toml: "));
  std::string path = write_config("max-things = 1\nmax-things = = 2\n");
  EXPECT_TRUE(read({}).starts_with(path + ":2: ")) << read({});
  write_config("max-thing = 1\n");
  EXPECT_EQ(read({}), path + ": max-thing: unknown key; did you mean max-things?");
  write_config("once = \"x\"\n");
  EXPECT_TRUE(read({}).starts_with(path + ": once: unknown key"));
  write_config("max-things = 99\n");
  EXPECT_EQ(read({}), path + ": max-things: expected a number from 1 to 10, not '99'");
  write_config("max-things = 1.5\n");
  EXPECT_EQ(read({}), path +
                          ": max-things: expected a string, a whole number, true, false or a list "
                          "of strings");
}

TEST_F(OptionTest, AWrongVariableIsNamed) {
  environment_["SYNCLINE_DRAIN_TIMEOUT"] = "soon";
  EXPECT_EQ(read({}),
            "SYNCLINE_DRAIN_TIMEOUT: expected a duration such as 30s, 500ms or 5m, not 'soon'");
}

TEST_F(OptionTest, HelpWinsOverEverythingButUnknownOptions) {
  environment_["SYNCLINE_MAX_THINGS"] = "wrong";
  EXPECT_EQ(read({"--help", "--max-things", "99"}), "");
  EXPECT_TRUE(help_);
  const std::string help = options_help(groups_);
  EXPECT_NE(help.find("--listen HOST:PORT"), std::string::npos);
  EXPECT_NE(help.find("Where [127.0.0.1:8080]"), std::string::npos);
  EXPECT_NE(help.find("How long [20s]"), std::string::npos);
}

TEST(OptionValues, PrintWhatTheyRead) {
  for (const auto* text : {"0", "1us", "500ms", "30s", "90s", "5m", "36h"}) {
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
  }
  for (const auto* text : {"0", "1000B", "64KiB", "16MiB", "3GiB"}) {
    EXPECT_EQ(format_size(*parse_size(text)), text);
  }
  for (const auto* wrong : {"", "s", "-1s", "1.5s", "1d", "99999999999h", " 1s"}) {
    EXPECT_FALSE(parse_duration(wrong).ok()) << wrong;
  }
  for (const auto* wrong : {"", "KiB", "1KB", "1 KiB", "99999999999999999999", "9999999999GiB"}) {
    EXPECT_FALSE(parse_size(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace syncline::app
