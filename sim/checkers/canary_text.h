#pragma once

#include <string>

#include "sim/history/event.h"

// Canaries: text that is typed into one document and nowhere else, so that it tells where it came
// from wherever it turns up.

namespace syncline::checkers {

// The first character of each, U+A9C0, which nobody types otherwise, as UTF-8; then four
// hexadecimal digits.
inline constexpr std::string_view canary_mark = "\xEA\xA7\x80";

// The document's canary; to be typed in one piece, now and then, and to be put into awareness
// states. REQUIRES: document.value < 65536.
std::string canary_of(history::DocumentNumber document);

}  // namespace syncline::checkers
