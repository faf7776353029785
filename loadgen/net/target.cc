#include "loadgen/net/target.h"

#include <cctype>
#include <charconv>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "server/base/instant.h"

namespace syncline::loadgen {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr Duration probe_timeout = seconds(5);

Error bad(std::string_view text, std::string_view why) {
  return Error{ErrorCode::invalid_argument, "'" + std::string(text) + "': " + std::string(why) +
                                                "; a target is like ws://127.0.0.1:8080/ws"};
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~' || c == '/') {
      out += c;
    } else {
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

// "HOST:PORT" or "[V6]:PORT" or either without a port.
Result<void> parse_authority(std::string_view text, std::string_view authority, Target& target) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return bad(text, "the address has no closing bracket");
    target.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    if (!authority.empty() && !authority.starts_with(':')) return bad(text, "what is the port?");
    port = authority.empty() ? authority : authority.substr(1);
  } else {
    const auto colon = authority.find(':');
    target.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
    if (colon != std::string_view::npos && port.empty()) return bad(text, "the port is missing");
  }
  if (target.host.empty()) return bad(text, "the host is missing");
  if (port.empty()) return {};
  const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), target.port);
  if (code != std::errc() || end != port.data() + port.size() || target.port == 0) {
    return bad(text, "the port is not a number from 1 to 65535");
  }
  return {};
}

// What every server that speaks HTTP answers somehow, and a gateway passes on.
error_code ask(beast::tcp_stream& stream, asio::io_context& context, const Target& target) {
  error_code result = asio::error::timed_out;
  http::request<http::empty_body> request(http::verb::get, "/healthz", 11);
  request.set(http::field::host, target.host);
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  http::async_write(stream, request, [&](error_code error, std::size_t) {
    result = error;
    if (error) return;
    http::async_read(stream, buffer, response,
                     [&result](error_code read_error, std::size_t) { result = read_error; });
  });
  context.run();
  return result;
}

}  // namespace

std::string Target::document_path(std::string_view document, bool acks) const {
  return path + '/' + percent_encoded(document) + (acks ? "?acks=1" : "");
}

Result<Target> parse_target(std::string_view text) {
  constexpr std::string_view scheme = "ws://";
  if (text.starts_with("wss://")) {
    return bad(text, "TLS is not spoken here: load the port behind the gateway's TLS");
  }
  if (!text.starts_with(scheme)) return bad(text, "it does not begin with ws://");
  std::string_view rest = text.substr(scheme.size());
  Target target;
  target.text = text;
  const auto slash = rest.find('/');
  SYNCLINE_TRY(parse_authority(text, rest.substr(0, slash), target));
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  if (rest.find_first_of("?#") != std::string_view::npos) return bad(text, "it has a query");
  while (rest.ends_with('/')) rest.remove_suffix(1);
  target.path = rest.empty() ? "/ws" : std::string(rest);
  return target;
}

Result<std::vector<Target>> parse_targets(std::string_view text) {
  std::vector<Target> targets;
  for (;;) {
    const auto comma = text.find(',');
    SYNCLINE_ASSIGN(Target target, parse_target(text.substr(0, comma)));
    targets.push_back(std::move(target));
    if (comma == std::string_view::npos) return targets;
    text.remove_prefix(comma + 1);
  }
}

Result<void> probe(const Target& target) {
  asio::io_context context(1);
  const auto unreachable = [&target](const std::string& why) {
    return Error{ErrorCode::unavailable,
                 target.text + ": " + why + "; is the server running, and is this its address?"};
  };
  error_code error;
  asio::ip::tcp::resolver resolver(context);
  const auto found = resolver.resolve(target.host, std::to_string(target.port), error);
  if (error) return unreachable(error.message());
  beast::tcp_stream stream(context);
  stream.expires_after(probe_timeout);
  error = asio::error::timed_out;
  stream.async_connect(found, [&error](error_code outcome, const auto&) { error = outcome; });
  context.run();
  if (error) return unreachable(error.message());
  context.restart();
  error = ask(stream, context, target);
  if (error) return unreachable("does not answer HTTP (" + error.message() + ")");
  return {};
}

}  // namespace syncline::loadgen
