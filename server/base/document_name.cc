#include "server/base/document_name.h"

#include <algorithm>
#include <cstdint>

#include "server/base/limits.h"
#include "server/base/utf8.h"

namespace syncline {

Result<DocumentName> DocumentName::parse(std::string_view text) {
  if (text.empty()) return Error{ErrorCode::invalid_argument, "a document name must not be empty"};
  if (text.size() > limits::document_name_bytes_max) {
    return Error{ErrorCode::too_large, "a document name has at most " +
                                           std::to_string(limits::document_name_bytes_max) +
                                           " bytes"};
  }
  if (!is_utf8(text)) return Error{ErrorCode::invalid_utf8, "a document name must be UTF-8"};
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return Error{ErrorCode::invalid_argument, "a document name must not have control characters"};
  }
  return DocumentName(std::string(text));
}

std::uint64_t stable_hash(const DocumentName& name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a, 64 bits.
  for (const char c : name.text()) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return hash ^ (hash >> 32);  // The low bits of FNV alone are weak for short names.
}

}  // namespace syncline
