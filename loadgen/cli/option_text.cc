#include "loadgen/cli/option_text.h"

#include <array>
#include <charconv>
#include <utility>

namespace syncline::loadgen {

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 5> units{
      {{"", 1}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}}};
  constexpr double longest_s = 30.0 * 24 * 3600;
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc()) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, unit_s] : units) {
    if (name != unit) continue;
    if (!(number >= 0) || number * unit_s > longest_s) return std::nullopt;
    return Duration(static_cast<std::int64_t>(number * unit_s * 1e9));
  }
  return std::nullopt;
}

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace syncline::loadgen
