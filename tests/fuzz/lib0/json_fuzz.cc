// JSON: checking and parsing agree, and what is printed is read again as the same.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/base/assert.h"
#include "server/base/utf8.h"
#include "server/lib0/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  if (!is_utf8(text)) return 0;
  const auto value = lib0::parse_json(text);
  SYNCLINE_ASSERT(lib0::check_json(text).ok() == value.ok());
  if (!value.ok()) return 0;
  const std::string printed = lib0::to_json(*value);
  SYNCLINE_ASSERT(is_utf8(printed));
  if (lib0::is_plainly_canonical_json(text)) SYNCLINE_ASSERT(printed == text);
  const auto again = lib0::parse_json(printed);
  SYNCLINE_ASSERT(again.ok());
  SYNCLINE_ASSERT(lib0::to_json(*again) == printed);
  return 0;
}
