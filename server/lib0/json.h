#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "server/base/limits.h"
#include "server/base/result.h"
#include "server/lib0/any.h"

namespace syncline::lib0 {

// Succeeds exactly if JavaScript's JSON.parse accepts `text`, and it nests no deeper than
// `depth_max` arrays and objects (else too_deep). Iterative, linear, builds nothing.
// REQUIRES: `text` is UTF-8.
Result<void> check_json(std::string_view text, std::size_t depth_max = limits::nesting_depth_max);

// JSON.parse.
// REQUIRES: `text` is UTF-8.
Result<Any> parse_json(std::string_view text, std::size_t depth_max = limits::nesting_depth_max);

// True if the text is known to come back unchanged from JSON.stringify(JSON.parse(text)), at a
// glance: plain words, small integers, strings without escapes. False says nothing.
// REQUIRES: check_json(text).ok().
bool is_plainly_canonical_json(std::string_view text);

}  // namespace syncline::lib0
