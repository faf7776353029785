#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/instant.h"

namespace syncline::demo {

// How long a shared cache may answer with this without asking the origin (RFC 9111): s-maxage
// before max-age; nothing at all with no-store, no-cache or private. Without a word: `unsaid`, for
// which it is configured.
Duration lifetime_of(std::string_view cache_control, Duration unsaid);

// A CDN's cache in front of an API. An answer is known by the time at which the origin gave it.
class Cache {
 public:
  // What it is configured for, where the answer does not say.
  static constexpr Duration unsaid_lifetime = std::chrono::minutes(5);

  // What a GET of `path` at `now` is answered with. `cache_control` is what the origin's answer
  // says, if it is asked.
  Duration get(const std::string& path, Duration now, std::string_view cache_control);

 private:
  struct Entry {
    Duration answered;
    Duration expires;
  };
  std::map<std::string, Entry> entries_;
};

}  // namespace syncline::demo
