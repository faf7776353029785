#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace syncline::loadgen {

// Where a server listens: ws://HOST:PORT/PATH, to which a document's name is appended.
struct Target {
  std::string text;  // As it was given, for people.
  std::string host;
  std::uint16_t port = 80;
  std::string path;  // Begins with a slash, does not end with one.

  // The path of a document's WebSocket.
  std::string document_path(std::string_view document, bool acks) const;
};

// Errors: invalid_argument, with the reason as detail.
Result<Target> parse_target(std::string_view text);

// One or several, separated by commas.
Result<std::vector<Target>> parse_targets(std::string_view text);

// Whether something that speaks HTTP answers there. Blocks, at most a few seconds. Errors:
// unavailable, with one line for people as detail.
Result<void> probe(const Target& target);

}  // namespace syncline::loadgen
