#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/adapters/beast/http_server.h"
#include "server/base/instant.h"
#include "server/base/result.h"

// An option is one row of a table. From the row come the flag, the key in the configuration file,
// the environment variable, the line in --help, and the check of the value.

namespace syncline::app {

// How one option's text becomes a value, and back.
struct OptionValue {
  // Errors carry what was expected, as in "expected a duration such as 30s".
  std::function<Result<void>(std::string_view)> set;
  std::function<std::string()> text;  // The value now; empty if there is none.
  std::function<void()> clear;        // Only for an option that may be given several times.
  bool is_switch = false;             // The flag alone means true.
};

// Each refers to its target, which must outlive the option.
OptionValue text_value(std::string& target);
OptionValue texts_value(std::vector<std::string>& target);
OptionValue switch_value(bool& target);
OptionValue count_value(std::size_t& target, std::size_t min, std::size_t max);
OptionValue size_value(std::size_t& target, std::size_t min, std::size_t max);  // 16MiB
OptionValue duration_value(Duration& target, Duration min = Duration::zero());  // 30s
// "auto": what is best depends on other options; see settle_serve_options().
OptionValue duration_or_auto_value(std::optional<Duration>& target);
OptionValue endpoint_value(adapters::Endpoint& target);        // HOST:PORT
OptionValue networks_value(std::vector<std::string>& target);  // 10.0.0.0/8
OptionValue node_name_value(std::string& target);              // web-1
OptionValue choice_value(std::string& target, std::vector<std::string_view> choices);

Result<Duration> parse_duration(std::string_view text);
std::string format_duration(Duration duration);
Result<std::size_t> parse_size(std::string_view text);
std::string format_size(std::size_t bytes);

struct Option {
  std::string_view name;         // --name, name = ... in the file, SYNCLINE_NAME.
  std::string_view placeholder;  // What stands for the value in --help; empty for a switch.
  std::string_view help;
  OptionValue value;
  // A value that only makes sense for one call stands on the command line alone.
  bool only_flag = false;
};

struct OptionGroup {
  std::string_view title;
  std::vector<Option> options;
};

// Where the values come from. Later sources win: file, environment, command line.
struct OptionSources {
  std::span<const std::string> arguments;
  std::function<std::optional<std::string>(const std::string&)> environment;
};

struct ParsedArguments {
  std::vector<std::string> positional;
  bool help = false;
};

// Sets every option that some source names. An option called "config" names the TOML file. The
// error's detail is one line for the operator: where, what, and what was expected.
Result<ParsedArguments> read_options(std::span<OptionGroup> groups, const OptionSources& sources);

// "SYNCLINE_ADMIN_LISTEN" for "admin-listen".
std::string environment_name(std::string_view option);

// The options' part of --help.
std::string options_help(std::span<const OptionGroup> groups);

}  // namespace syncline::app
