#include "server/app/option.h"

#include <algorithm>
#include <set>
#include <utility>

#include <toml++/toml.h>

namespace syncline::app {
namespace {

constexpr std::string_view environment_prefix = "SYNCLINE_";
constexpr std::size_t help_column = 34;
constexpr std::size_t help_width = 100;

Error wrong(std::string where, std::string_view what) {
  return Error{ErrorCode::invalid_argument, std::move(where) + ": " + std::string(what)};
}

Option* find_option(std::span<OptionGroup> groups, std::string_view name) {
  for (OptionGroup& group : groups) {
    for (Option& option : group.options) {
      if (option.name == name) return &option;
    }
  }
  return nullptr;
}

// How many characters must be changed, added or removed to get from `a` to `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row.back();
}

// "; did you mean ...?" or where to look.
std::string hint(std::span<OptionGroup> groups, std::string_view name, std::string_view prefix) {
  std::string_view best;
  std::size_t best_distance = 4;
  for (const OptionGroup& group : groups) {
    for (const Option& option : group.options) {
      const std::size_t distance = edit_distance(name, option.name);
      if (distance < best_distance) {
        best = option.name;
        best_distance = distance;
      }
    }
  }
  if (best.empty()) return "; --help lists all";
  return "; did you mean " + std::string(prefix) + std::string(best) + "?";
}

// One of the places that values come from. The first value that a source gives for an option which
// takes several replaces what the sources before it gave.
class Source {
 public:
  explicit Source(std::span<OptionGroup> groups) : groups_(groups) {}

  Result<void> set(Option& option, std::string_view value, const std::string& where) {
    const bool first = seen_.insert(option.name).second;
    if (option.value.clear) {
      if (first) option.value.clear();
    } else if (!first) {
      return wrong(where, "given twice");
    }
    const auto result = option.value.set(value);
    if (!result.ok()) return wrong(where, result.error().detail);
    return {};
  }

  std::span<OptionGroup> groups() { return groups_; }

 private:
  std::span<OptionGroup> groups_;
  std::set<std::string_view> seen_;
};

// The command line, taken apart and not yet believed.
struct Flag {
  Option* option;
  std::string value;
};

struct CommandLine {
  std::vector<Flag> flags;
  ParsedArguments parsed;
};

Result<CommandLine> parse_command_line(std::span<OptionGroup> groups,
                                       std::span<const std::string> arguments) {
  CommandLine line;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      line.parsed.help = true;
      continue;
    }
    if (!argument.starts_with('-') || argument == "-") {
      line.parsed.positional.emplace_back(argument);
      continue;
    }
    const auto equals = argument.find('=');
    const std::string_view flag = argument.substr(0, equals);
    const std::string_view name = flag.substr(std::min(flag.size(), std::size_t{2}));
    Option* option = flag.starts_with("--") ? find_option(groups, name) : nullptr;
    if (option == nullptr) {
      return wrong(std::string(flag), "unknown option" + hint(groups, name, "--"));
    }
    if (equals != std::string_view::npos) {
      line.flags.push_back({option, std::string(argument.substr(equals + 1))});
    } else if (option->value.is_switch) {
      line.flags.push_back({option, "true"});
    } else if (i + 1 < arguments.size()) {
      line.flags.push_back({option, arguments[++i]});
    } else {
      return wrong(std::string(flag), "needs a value: " + std::string(option->placeholder));
    }
  }
  return line;
}

Result<std::vector<std::string>> toml_texts(const toml::node& node, const std::string& where) {
  std::vector<std::string> texts;
  if (const auto* array = node.as_array()) {
    for (const auto& element : *array) {
      SYNCLINE_ASSIGN(auto inner, toml_texts(element, where));
      texts.insert(texts.end(), inner.begin(), inner.end());
    }
  } else if (const auto* text = node.as_string()) {
    texts.push_back(text->get());
  } else if (const auto* number = node.as_integer()) {
    texts.push_back(std::to_string(number->get()));
  } else if (const auto* flag = node.as_boolean()) {
    texts.emplace_back(flag->get() ? "true" : "false");
  } else {
    return wrong(where, "expected a string, a whole number, true, false or a list of strings");
  }
  return texts;
}

Result<void> read_file(std::span<OptionGroup> groups, const std::string& path) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    return wrong(line == 0 ? path : path + ":" + std::to_string(line), error.description());
  }
  Source source(groups);
  for (const auto& [key, node] : table) {
    std::string name(key.str());
    std::replace(name.begin(), name.end(), '_', '-');
    const std::string where = path + ": " + std::string(key.str());
    Option* option = find_option(groups, name);
    if (option == nullptr || option->only_flag) {
      return wrong(where, "unknown key" + hint(groups, name, ""));
    }
    SYNCLINE_ASSIGN(const auto texts, toml_texts(node, where));
    if (texts.empty() && option->value.clear) option->value.clear();
    for (const auto& text : texts) SYNCLINE_TRY(source.set(*option, text, where));
  }
  return {};
}

Result<void> read_environment(std::span<OptionGroup> groups, const OptionSources& sources) {
  Source source(groups);
  for (OptionGroup& group : groups) {
    for (Option& option : group.options) {
      if (option.only_flag) continue;
      const std::string name = environment_name(option.name);
      const auto value = sources.environment(name);
      if (value.has_value()) SYNCLINE_TRY(source.set(option, *value, name));
    }
  }
  return {};
}

// The configuration file's path has to be known before the file can be read.
std::string config_path(const CommandLine& line, const OptionSources& sources) {
  for (const Flag& flag : line.flags) {
    if (flag.option->name == "config") return flag.value;
  }
  return sources.environment(environment_name("config")).value_or("");
}

std::string wrap(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    if (column > indent && column + 1 + word.size() > help_width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

std::string environment_name(std::string_view option) {
  std::string name(environment_prefix);
  for (const char c : option) {
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

Result<ParsedArguments> read_options(std::span<OptionGroup> groups, const OptionSources& sources) {
  SYNCLINE_ASSIGN(CommandLine line, parse_command_line(groups, sources.arguments));
  if (line.parsed.help) return std::move(line.parsed);
  if (find_option(groups, "config") != nullptr) {
    const std::string path = config_path(line, sources);
    if (!path.empty()) SYNCLINE_TRY(read_file(groups, path));
  }
  SYNCLINE_TRY(read_environment(groups, sources));
  Source source(groups);
  for (const Flag& flag : line.flags) {
    SYNCLINE_TRY(source.set(*flag.option, flag.value, "--" + std::string(flag.option->name)));
  }
  return std::move(line.parsed);
}

std::string options_help(std::span<const OptionGroup> groups) {
  std::string out;
  for (const OptionGroup& group : groups) {
    out.append("\n").append(group.title).append(":\n");
    for (const Option& option : group.options) {
      std::string left = "  --" + std::string(option.name);
      if (!option.placeholder.empty()) left.append(" ").append(option.placeholder);
      std::string help(option.help);
      const std::string value = option.value.text();
      if (!value.empty()) help += " [" + value + "]";
      out += left;
      out += left.size() + 2 > help_column ? "\n" + std::string(help_column, ' ')
                                           : std::string(help_column - left.size(), ' ');
      out += wrap(help, help_column) + "\n";
    }
  }
  out += "\n  --help" + std::string(help_column - 8, ' ') + "This text\n";
  return out;
}

}  // namespace syncline::app
