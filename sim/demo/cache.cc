#include "sim/demo/cache.h"

#include <charconv>

namespace syncline::demo {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// "max-age=300" with name "max-age": 300 s.
std::optional<Duration> seconds_of(std::string_view directive, std::string_view name) {
  if (!directive.starts_with(name) || directive.substr(name.size(), 1) != "=") return {};
  const std::string_view digits = directive.substr(name.size() + 1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return {};
  return seconds(value);
}

}  // namespace

Duration lifetime_of(std::string_view cache_control, Duration unsaid) {
  std::optional<Duration> max_age;
  std::optional<Duration> shared_max_age;
  while (!cache_control.empty()) {
    const auto comma = cache_control.find(',');
    const std::string_view directive = trimmed(cache_control.substr(0, comma));
    cache_control.remove_prefix(comma == std::string_view::npos ? cache_control.size() : comma + 1);
    if (directive == "no-store" || directive == "no-cache" || directive == "private") return {};
    if (const auto age = seconds_of(directive, "max-age")) max_age = age;
    if (const auto age = seconds_of(directive, "s-maxage")) shared_max_age = age;
  }
  return shared_max_age.value_or(max_age.value_or(unsaid));
}

Duration Cache::get(const std::string& path, Duration now, std::string_view cache_control) {
  const auto known = entries_.find(path);
  if (known != entries_.end() && now < known->second.expires) return known->second.answered;
  const Duration lifetime = lifetime_of(cache_control, unsaid_lifetime);
  if (lifetime > Duration::zero()) entries_[path] = {now, now + lifetime};
  return now;
}

}  // namespace syncline::demo
