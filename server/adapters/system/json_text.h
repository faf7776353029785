#pragma once

#include <string>
#include <string_view>

namespace syncline::adapters {

// Appends `text` as a JSON string, with its quotes. Where `text` is not UTF-8, each of its bytes
// above ASCII becomes U+FFFD, so that the result is always valid JSON and one line.
void append_json_string(std::string& out, std::string_view text);

}  // namespace syncline::adapters
