// Relative positions from strangers, in binary and JSON form: what is read comes out the same, and
// points to a place that exists.

#include <cstddef>
#include <cstdint>

#include "server/base/assert.h"
#include "server/base/utf8.h"
#include "server/crdt/array.h"
#include "server/crdt/doc.h"
#include "server/crdt/relative_position.h"
#include "server/crdt/text.h"

namespace {

using namespace syncline;
using namespace syncline::crdt;

void find(const RelativePosition& position) {
  Doc doc({.client_id = 1});
  SYNCLINE_ASSERT(doc.text("t").insert(0, "some text").ok());
  SYNCLINE_ASSERT(doc.text("t").remove(2, 3).ok());
  const auto inner = doc.array("a").insert_type(0, TypeKind::text);
  SYNCLINE_ASSERT(inner.ok());
  SYNCLINE_ASSERT(inner->as_text().insert(0, "inner").ok());
  if (const auto found = doc.absolute_position(position)) {
    SYNCLINE_ASSERT(found->index <= found->type.length());
  }
  SYNCLINE_ASSERT(doc.check().ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input = std::as_bytes(std::span(data, size));
  if (const auto position = decode_relative_position(input); position.ok()) {
    const Bytes again = encode_relative_position(*position);
    SYNCLINE_ASSERT(decode_relative_position(again).value() == *position);
    find(*position);
  }
  if (!is_utf8(as_text(input))) return 0;
  if (const auto position = parse_relative_position(as_text(input)); position.ok()) {
    // A root's empty name is left out, and then there may be nothing left.
    const std::string json = relative_position_json(*position);
    if (!position->root || !position->root->empty()) {
      SYNCLINE_ASSERT(parse_relative_position(json).value() == *position, json);
    }
    find(*position);
  }
  return 0;
}
