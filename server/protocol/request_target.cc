#include "server/protocol/request_target.h"

#include <optional>

namespace syncline::protocol {
namespace {

constexpr std::string_view path_prefix = "/ws/";

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

// A plus sign stays one: it means a space only in form data, and a document may be called "C++".
Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out.push_back(text[at]);
      continue;
    }
    const auto high = at + 1 < text.size() ? hex_digit(text[at + 1]) : std::nullopt;
    const auto low = at + 2 < text.size() ? hex_digit(text[at + 2]) : std::nullopt;
    if (!high || !low) {
      return Error{ErrorCode::invalid_argument, "a % must be followed by two hexadecimal digits"};
    }
    out.push_back(static_cast<char>(*high * 16 + *low));
    at += 2;
  }
  return out;
}

// The last `acks` of the query counts, and only the value 1 switches it on.
bool asks_for_acks(std::string_view query) {
  bool acks = false;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const std::size_t equals = parameter.find('=');
    if (parameter.substr(0, equals) != "acks") continue;
    acks = equals != std::string_view::npos && parameter.substr(equals + 1) == "1";
  }
  return acks;
}

}  // namespace

Result<RequestTarget> parse_request_target(std::string_view target) {
  if (!target.starts_with(path_prefix)) {
    return Error{ErrorCode::not_found, "documents are found under /ws/"};
  }
  if (target.find('#') != std::string_view::npos) {
    return Error{ErrorCode::invalid_argument, "a # in a document name must be written %23"};
  }
  target.remove_prefix(path_prefix.size());
  const std::size_t question = target.find('?');
  RequestTarget out;
  SYNCLINE_ASSIGN(out.document, percent_decode(target.substr(0, question)));
  if (question != std::string_view::npos) out.acks = asks_for_acks(target.substr(question + 1));
  return out;
}

}  // namespace syncline::protocol
