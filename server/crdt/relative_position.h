#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/crdt/id.h"
#include "server/crdt/shared_type.h"

// Places in a list or text that stay where they are while others edit around them: what editors
// share as cursors and store as anchors of comments. yjs: RelativePosition.

namespace syncline::crdt {

// A place beside one element, or at an end of a list. As yjs makes it, it names its list too; the
// binary form drops that where there is an element.
struct RelativePosition {
  std::optional<Id> type = {};           // The item that is the list, unless the list is a root.
  std::optional<std::string> root = {};  // The list's name, if it is a root.
  std::optional<Id> item = {};           // The element; nothing: an end of the list.
  // 0 and above: the place before the element, or the list's end. Below: the place after it, or the
  // list's beginning. At most 2^53 - 1 either way.
  std::int64_t assoc = 0;

  // yjs' compareRelativePositions.
  friend bool operator==(const RelativePosition&, const RelativePosition&) = default;
};

// A place as of now. `type` is as valid as any view.
struct AbsolutePosition {
  SharedType type;
  Clock index;  // In elements: UTF-16 units in a text.
  std::int64_t assoc;
};

// yjs' encodeRelativePosition:
//   position = 0 client clock assoc | 1 root assoc | 2 client clock assoc
// REQUIRES: one of item, root and type is there.
Bytes encode_relative_position(const RelativePosition& position);
// yjs' decodeRelativePosition; the assoc may be missing. Errors: those of the decoder, unknown_type
// for another first number, trailing_bytes.
Result<RelativePosition> decode_relative_position(BytesView bytes);

// yjs' relativePositionToJSON, and back: {"type": id, "tname": text, "item": id, "assoc": integer},
// where an id is {"client": ..., "clock": ...}. Like yjs, leaves out a root's name that is empty.
std::string relative_position_json(const RelativePosition& position);
// Errors: those of parse_json; malformed if it is no position: ids and assoc are safe integers, and
// one of item, tname and type is there.
Result<RelativePosition> parse_relative_position(std::string_view json);

}  // namespace syncline::crdt
