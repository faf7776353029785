#include "server/adapters/redis/redis_options.h"

#include <charconv>
#include <optional>

namespace syncline::adapters {
namespace {

Error bad_url(std::string_view why) {
  return Error{ErrorCode::invalid_argument,
               "the Redis address " + std::string(why) +
                   "; write redis://[user:password@]host[:port][/database], rediss://... or "
                   "unix:///path?db=N"};
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result.push_back(text[i]);
      continue;
    }
    unsigned byte = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* const end = text.data() + i + 3;
    if (std::from_chars(text.data() + i + 1, end, byte, 16).ptr != end) return std::nullopt;
    result.push_back(static_cast<char>(byte));
    i += 2;
  }
  return result;
}

Result<void> take_user(RedisOptions& options, std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto user = percent_decoded(text.substr(0, colon));
  const auto password =
      percent_decoded(colon == text.npos ? std::string_view() : text.substr(colon + 1));
  if (!user || !password) return bad_url("has a user or password with a broken percent code");
  if (password->empty()) return bad_url("names a user without a password");
  options.user = *user;
  options.password = *password;
  return {};
}

Result<void> take_host(RedisOptions& options, std::string_view text) {
  std::string_view port;
  if (text.starts_with('[')) {  // An IPv6 address.
    const std::size_t close = text.find(']');
    if (close == text.npos) return bad_url("has a host without its closing bracket");
    options.host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (!port.empty() && port.front() != ':') return bad_url("has no port after its host");
  } else {
    const std::size_t colon = text.find(':');
    options.host = text.substr(0, colon);
    if (colon != text.npos) port = text.substr(colon);
  }
  if (options.host.empty()) return bad_url("names no host");
  if (port.empty()) return {};
  const auto number = number_of<std::uint16_t>(port.substr(1));
  if (!number || *number == 0) return bad_url("has a port that is not a number");
  options.port = *number;
  return {};
}

Result<void> take_database(RedisOptions& options, std::string_view text) {
  if (text.empty()) return {};
  const auto number = number_of<unsigned>(text);
  if (!number) return bad_url("has a database that is not a number");
  options.database = *number;
  return {};
}

Result<RedisOptions> parse_unix(std::string_view rest) {
  RedisOptions options;
  const std::size_t question = rest.find('?');
  options.socket_path = rest.substr(0, question);
  if (!options.socket_path.starts_with('/')) return bad_url("has no absolute socket path");
  if (question == rest.npos) return options;
  const std::string_view query = rest.substr(question + 1);
  if (!query.starts_with("db=")) return bad_url("has a parameter other than db");
  SYNCLINE_TRY(take_database(options, query.substr(3)));
  return options;
}

}  // namespace

Result<RedisOptions> RedisOptions::parse(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == url.npos) return bad_url("has no scheme");
  const std::string_view scheme = url.substr(0, colon);
  std::string_view rest = url.substr(colon + 3);
  if (scheme == "unix") return parse_unix(rest);
  if (scheme != "redis" && scheme != "rediss") return bad_url("has an unknown scheme");
  RedisOptions options;
  options.tls = scheme == "rediss";
  if (const std::size_t at = rest.rfind('@'); at != rest.npos) {
    SYNCLINE_TRY(take_user(options, rest.substr(0, at)));
    rest = rest.substr(at + 1);
  }
  const std::size_t slash = rest.find('/');
  SYNCLINE_TRY(take_host(options, rest.substr(0, slash)));
  if (slash != rest.npos) SYNCLINE_TRY(take_database(options, rest.substr(slash + 1)));
  return options;
}

RedisOptions RedisOptions::at(const std::string& other_host, std::uint16_t other_port) const {
  RedisOptions options = *this;
  options.host = other_host;
  options.port = other_port;
  options.socket_path.clear();
  return options;
}

std::string RedisOptions::display() const {
  const std::string number = std::to_string(database);
  if (!socket_path.empty()) return "unix://" + socket_path + "?db=" + number;
  const bool ipv6 = host.find(':') != host.npos;
  return (tls ? "rediss://" : "redis://") + (ipv6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port) + "/" + number;
}

}  // namespace syncline::adapters
