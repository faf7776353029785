#pragma once

#include <compare>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "server/base/result.h"

namespace syncline {

// The name under which clients know a document: 1 to limits::document_name_bytes_max bytes of UTF-8
// without control characters. Slashes and any other character are legal. Two documents are the same
// exactly if their names have the same bytes; no Unicode normalisation takes place.
class DocumentName {
 public:
  // Checks the rules above; `invalid_argument`, `invalid_utf8` or `too_large` say which is broken.
  static Result<DocumentName> parse(std::string_view text);

  const std::string& text() const { return text_; }

  friend auto operator<=>(const DocumentName&, const DocumentName&) = default;
  friend std::ostream& operator<<(std::ostream& out, const DocumentName& name) {
    return out << name.text_;
  }

 private:
  explicit DocumentName(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

// A hash that is the same in every process and on every machine: shards and gateways agree on it.
std::uint64_t stable_hash(const DocumentName& name);

}  // namespace syncline
