#include <charconv>

#include "server/adapters/beast/http_server.h"

namespace syncline::adapters {

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return Error{ErrorCode::invalid_argument, "expected HOST:PORT"};
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  Endpoint endpoint;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    return Error{ErrorCode::invalid_argument, "the port must be a number from 0 to 65535"};
  }
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string_view::npos) {
    return Error{ErrorCode::invalid_argument, "an IPv6 address is written [ADDRESS]:PORT"};
  }
  endpoint.host = host.empty() ? "0.0.0.0" : std::string(host);
  return endpoint;
}

std::string Endpoint::text() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace syncline::adapters
