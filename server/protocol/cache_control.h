#pragma once

#include <string_view>

// What answers tell the caches between server and browser.

namespace syncline::protocol {

// Whatever may be another thing tomorrow: documents, lists, pages, errors. No cache may answer with
// it, so that nobody is ever shown an old document (promise P6).
inline constexpr std::string_view never_cached = "no-cache, no-store, must-revalidate";

// A file whose name is made from its content.
inline constexpr std::string_view cached_for_ever = "public, max-age=31536000, immutable";

}  // namespace syncline::protocol
