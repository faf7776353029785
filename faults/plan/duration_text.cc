#include "faults/plan/duration_text.h"

#include <array>
#include <cstdint>
#include <limits>

namespace syncline::faults {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};

// Largest first.
constexpr std::array<Unit, 7> units = {{
    {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},
    {"min", 60'000'000'000},
    {"s", 1'000'000'000},
    {"ms", 1'000'000},
    {"us", 1'000},
    {"ns", 1},
}};

constexpr std::uint64_t magnitude_max = std::numeric_limits<std::int64_t>::max();

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

std::optional<std::uint64_t> find_unit(std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.nanoseconds;
  }
  return {};
}

// digits [. digits] * unit, exactly.
std::optional<std::uint64_t> parse_magnitude(std::string_view digits, std::uint64_t unit) {
  __extension__ using Wide = unsigned __int128;
  Wide value = 0;
  Wide scale = 0;  // 0 before the point; after it, a power of ten.
  for (const char letter : digits) {
    if (letter == '.') {
      if (scale != 0) return {};
      scale = 1;
      continue;
    }
    value = value * 10 + static_cast<unsigned>(letter - '0');
    scale *= 10;
    if (value > magnitude_max || scale > magnitude_max) return {};
  }
  if (scale == 0) scale = 1;
  value *= unit;
  if (value % scale != 0 || value / scale > magnitude_max) return {};
  return static_cast<std::uint64_t>(value / scale);
}

std::string print_thousandths(std::uint64_t thousandths) {
  std::string text = std::to_string(thousandths / 1000);
  std::string fraction = std::to_string(1000 + thousandths % 1000).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fraction.empty() ? text : text + "." + fraction;
}

std::string print_magnitude(std::uint64_t nanoseconds) {
  constexpr std::uint64_t second = 1'000'000'000;
  constexpr std::uint64_t millisecond = 1'000'000;
  if (nanoseconds == 0) return "0s";
  for (const Unit& unit : units) {
    if (nanoseconds % unit.nanoseconds == 0) {
      const bool as_fraction =
          unit.nanoseconds < second && nanoseconds >= second && nanoseconds % millisecond == 0;
      if (as_fraction) return print_thousandths(nanoseconds / millisecond) + "s";
      return std::to_string(nanoseconds / unit.nanoseconds) + std::string(unit.name);
    }
  }
  return {};
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::size_t length = 0;
  while (length < text.size() && (is_digit(text[length]) || text[length] == '.')) ++length;
  const std::string_view digits = text.substr(0, length);
  if (digits.empty() || !is_digit(digits.front()) || !is_digit(digits.back())) return {};

  const std::optional<std::uint64_t> unit = find_unit(text.substr(length));
  if (!unit.has_value()) return {};
  const std::optional<std::uint64_t> magnitude = parse_magnitude(digits, *unit);
  if (!magnitude.has_value()) return {};
  const auto value = static_cast<std::int64_t>(*magnitude);
  return Duration(negative ? -value : value);
}

std::string print_duration(Duration duration) {
  const std::int64_t value = duration.count();
  if (value >= 0) return print_magnitude(static_cast<std::uint64_t>(value));
  return "-" + print_magnitude(std::uint64_t{0} - static_cast<std::uint64_t>(value));
}

}  // namespace syncline::faults
