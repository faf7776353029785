#include "server/adapters/redis/refusal.h"

#include <algorithm>
#include <array>

namespace syncline::adapters::redis {
namespace {

struct Known {
  std::string_view code;
  ErrorCode error;
  Remedy remedy;
};

// Redis says these before it has changed anything: of a script, with its first write.
constexpr std::array known_refusals = {
    Known{"OOM", ErrorCode::storage_full, Remedy::none},
    Known{"MISCONF", ErrorCode::storage_full, Remedy::none},
    Known{"NOSCRIPT", ErrorCode::unavailable, Remedy::load_scripts},
    Known{"LOADING", ErrorCode::unavailable, Remedy::reconnect},
    Known{"READONLY", ErrorCode::unavailable, Remedy::reconnect},
    Known{"MASTERDOWN", ErrorCode::unavailable, Remedy::reconnect},
    Known{"NOREPLICAS", ErrorCode::unavailable, Remedy::none},
    Known{"BUSY", ErrorCode::unavailable, Remedy::none},
    Known{"NOAUTH", ErrorCode::unavailable, Remedy::reconnect},
    Known{"NOPERM", ErrorCode::unavailable, Remedy::none},
    Known{"CLUSTERDOWN", ErrorCode::unavailable, Remedy::look_up},
    Known{"MOVED", ErrorCode::unavailable, Remedy::look_up},
    Known{"ASK", ErrorCode::unavailable, Remedy::look_up},
    Known{"TRYAGAIN", ErrorCode::unavailable, Remedy::look_up},
};

// "ERR Error running script (call to f_...): @user_script:3: -OOM command not allowed ..."
std::string_view without_wrapping(std::string_view text) {
  constexpr std::string_view place = "@user_script:";
  const std::size_t at = text.find(place);
  if (!text.starts_with("ERR Error running script") || at == text.npos) return text;
  const std::size_t code = text.find(": -", at);
  if (code != text.npos) return text.substr(code + 3);
  const std::size_t sentence = text.find(": ", at);
  return sentence == text.npos ? text : text.substr(sentence + 2);
}

}  // namespace

Refusal refusal_of(std::string_view text) {
  const std::string_view inner = without_wrapping(text);
  const std::string_view code = inner.substr(0, inner.find(' '));
  const auto* const known =
      std::find_if(known_refusals.begin(), known_refusals.end(),
                   [code](const Known& candidate) { return candidate.code == code; });
  if (known == known_refusals.end()) {
    return {.definite = false, .error = ErrorCode::io_error, .remedy = Remedy::none};
  }
  return {.definite = true, .error = known->error, .remedy = known->remedy};
}

}  // namespace syncline::adapters::redis
