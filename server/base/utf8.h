#pragma once

#include <cstddef>
#include <string_view>

namespace syncline {

// True if `text` is well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates,
// nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// The number of UTF-16 code units that `text` has in JavaScript.
// REQUIRES: is_utf8(text).
std::size_t utf16_length(std::string_view text);

}  // namespace syncline
