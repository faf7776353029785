#pragma once

#include <cstdio>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"

// How a test program in another language talks to the probe: messages over standard input and
// output. A message is a list of byte strings: u32 little-endian count, then each string as u32
// little-endian length and its bytes. A request is the name of a command and its arguments; numbers
// are decimal text. A response is "ok" and results, or "error", the error's name and a sentence.
// Exactly one response follows each request, in order, so requests may be pipelined.

namespace syncline::probe {

using Message = std::vector<std::string>;

// The next message, or nothing at the end of the input. A message cut short counts as the end.
std::optional<Message> read_message(std::FILE* in);

// Does not flush: the caller does when it is about to wait.
void write_message(std::FILE* out, const Message& message);

}  // namespace syncline::probe
