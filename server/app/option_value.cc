#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "server/adapters/beast/trusted_proxies.h"
#include "server/app/option.h"
#include "server/base/node_name.h"

namespace syncline::app {
namespace {

Error expected(std::string what, std::string_view got) {
  return Error{ErrorCode::invalid_argument,
               "expected " + std::move(what) + ", not '" + std::string(got) + "'"};
}

// The number at the front, and what follows it.
std::optional<std::pair<std::uint64_t, std::string_view>> split_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return std::pair(number, text.substr(static_cast<std::size_t>(end - text.data())));
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;

// Largest first: that is the order in which a value is printed.
constexpr std::array<Unit, 5> duration_units = {{{"h", 3600 * nanoseconds_per_second},
                                                 {"m", 60 * nanoseconds_per_second},
                                                 {"s", nanoseconds_per_second},
                                                 {"ms", 1'000'000},
                                                 {"us", 1'000}}};

constexpr std::array<Unit, 5> size_units = {{{"GiB", std::uint64_t{1} << 30},
                                             {"MiB", std::uint64_t{1} << 20},
                                             {"KiB", std::uint64_t{1} << 10},
                                             {"B", 1},
                                             {"", 1}}};

std::optional<std::uint64_t> parse_units(std::string_view text, std::span<const Unit> units) {
  const auto split = split_number(text);
  if (!split.has_value()) return std::nullopt;
  const auto [number, suffix] = *split;
  const auto unit = std::find_if(units.begin(), units.end(),
                                 [&](const Unit& each) { return each.name == suffix; });
  if (unit == units.end()) return std::nullopt;
  constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (number > max / unit->factor) return std::nullopt;
  return number * unit->factor;
}

std::string format_units(std::uint64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value >= unit.factor && value % unit.factor == 0) {
      return std::to_string(value / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(value);
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration::zero();
  const auto value = parse_units(text, duration_units);
  if (!value.has_value()) return expected("a duration such as 30s, 500ms or 5m", text);
  return Duration(static_cast<std::int64_t>(*value));
}

std::string format_duration(Duration duration) {
  return duration == Duration::zero()
             ? "0"
             : format_units(static_cast<std::uint64_t>(duration.count()), duration_units);
}

Result<std::size_t> parse_size(std::string_view text) {
  const auto value = parse_units(text, size_units);
  if (!value.has_value()) return expected("a size such as 16MiB, 64KiB or 1000", text);
  return static_cast<std::size_t>(*value);
}

std::string format_size(std::size_t bytes) { return format_units(bytes, size_units); }

OptionValue text_value(std::string& target) {
  return {.set = [&target](std::string_view text) -> Result<void> {
            target = text;
            return {};
          },
          .text = [&target] { return target; },
          .clear = {}};
}

OptionValue texts_value(std::vector<std::string>& target) {
  return {.set = [&target](std::string_view text) -> Result<void> {
            target.emplace_back(text);
            return {};
          },
          .text =
              [&target] {
                std::string all;
                for (const auto& each : target) all += (all.empty() ? "" : ", ") + each;
                return all;
              },
          .clear = [&target] { target.clear(); }};
}

OptionValue switch_value(bool& target) {
  return {.set = [&target](std::string_view text) -> Result<void> {
            if (text != "true" && text != "false" && text != "1" && text != "0") {
              return expected("true or false", text);
            }
            target = text == "true" || text == "1";
            return {};
          },
          .text = [&target]() -> std::string { return target ? "true" : ""; },
          .clear = {},
          .is_switch = true};
}

OptionValue count_value(std::size_t& target, std::size_t min, std::size_t max) {
  return {.set = [&target, min, max](std::string_view text) -> Result<void> {
            const auto split = split_number(text);
            if (!split.has_value() || !split->second.empty() || split->first < min ||
                split->first > max) {
              return expected("a number from " + std::to_string(min) + " to " + std::to_string(max),
                              text);
            }
            target = split->first;
            return {};
          },
          .text = [&target] { return std::to_string(target); },
          .clear = {}};
}

OptionValue size_value(std::size_t& target, std::size_t min, std::size_t max) {
  return {.set = [&target, min, max](std::string_view text) -> Result<void> {
            SYNCLINE_ASSIGN(const std::size_t size, parse_size(text));
            if (size < min || size > max) {
              return expected("a size from " + format_size(min) + " to " + format_size(max), text);
            }
            target = size;
            return {};
          },
          .text = [&target] { return format_size(target); },
          .clear = {}};
}

OptionValue duration_value(Duration& target, Duration min) {
  return {.set = [&target, min](std::string_view text) -> Result<void> {
            SYNCLINE_ASSIGN(const Duration duration, parse_duration(text));
            if (duration < min) {
              return expected("a duration of at least " + format_duration(min), text);
            }
            target = duration;
            return {};
          },
          .text = [&target] { return format_duration(target); },
          .clear = {}};
}

OptionValue duration_or_auto_value(std::optional<Duration>& target) {
  return {.set = [&target](std::string_view text) -> Result<void> {
            if (text == "auto") {
              target.reset();
              return {};
            }
            SYNCLINE_ASSIGN(target, parse_duration(text));
            return {};
          },
          .text = [&target] { return target ? format_duration(*target) : "auto"; },
          .clear = {}};
}

OptionValue endpoint_value(adapters::Endpoint& target) {
  return {.set = [&target](std::string_view text) -> Result<void> {
            auto endpoint = adapters::Endpoint::parse(text);
            if (!endpoint.ok()) {
              return Error{ErrorCode::invalid_argument,
                           endpoint.error().detail + ", not '" + std::string(text) + "'"};
            }
            target = std::move(endpoint).value();
            return {};
          },
          .text = [&target] { return target.text(); },
          .clear = {}};
}

OptionValue networks_value(std::vector<std::string>& target) {
  OptionValue value = texts_value(target);
  value.set = [&target](std::string_view text) -> Result<void> {
    target.emplace_back(text);
    auto parsed = adapters::TrustedProxies::parse({&target.back(), 1});
    if (parsed.ok()) return {};
    target.pop_back();
    return parsed.error();
  };
  return value;
}

OptionValue node_name_value(std::string& target) {
  OptionValue value = text_value(target);
  value.set = [&target](std::string_view text) -> Result<void> {
    if (!is_node_name(text)) {
      return expected("1 to 64 letters, digits, dots, hyphens and underscores", text);
    }
    target = text;
    return {};
  };
  return value;
}

OptionValue choice_value(std::string& target, std::vector<std::string_view> choices) {
  return {.set = [&target, choices](std::string_view text) -> Result<void> {
            if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
              std::string all;
              for (const auto choice : choices) {
                if (!all.empty()) all += choice == choices.back() ? " or " : ", ";
                all += choice;
              }
              return expected(std::move(all), text);
            }
            target = text;
            return {};
          },
          .text = [&target] { return target; },
          .clear = {}};
}

}  // namespace syncline::app
