#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/crdt/content.h"
#include "server/crdt/id.h"
#include "server/crdt/update.h"

// An update as the engine works with it, whatever format it came in.

namespace syncline::crdt {

enum class ParentKind : std::uint8_t { inherited, root, item };

// One struct as an update carries it. Views point into the update or into its DecodedUpdate. It
// names its neighbours or, if it has none, its parent: never both.
struct DecodedStruct {
  Id id;
  Clock length = 0;
  union {
    Id origin;              // With has_origin.
    Id parent_item;         // If parent is item.
    std::string_view root;  // If parent is root.
  };
  union {
    Id right_origin;       // With has_right_origin.
    std::string_view sub;  // With has_sub, unless the parent is inherited.
  };
  BytesView content;  // See content.h.
  StructKind kind = StructKind::gc;
  ParentKind parent = ParentKind::inherited;
  bool has_origin = false;
  bool has_right_origin = false;
  bool has_sub = false;

  DecodedStruct() : origin(), right_origin() {}

  Clock end() const { return id.clock + length; }
};

static_assert(sizeof(DecodedStruct) == 80);

// The first of the ids of other clients that a struct refers to and that are not there yet, if
// there is one. `state_of` tells how far each client is known.
template <class StateOf>
std::optional<Id> first_missing(const DecodedStruct& value, const StateOf& state_of) {
  const auto lacks = [&](const Id& id) {
    return id.client != value.id.client && id.clock >= state_of(id.client);
  };
  if (value.has_origin && lacks(value.origin)) return value.origin;
  if (value.has_right_origin && lacks(value.right_origin)) return value.right_origin;
  if (value.parent == ParentKind::item && lacks(value.parent_item)) return value.parent_item;
  return std::nullopt;
}

// All structs of one client in an update, in clock order.
struct ClientRun {
  ClientId client = 0;
  std::size_t begin = 0;  // Indexes into DecodedUpdate::structs.
  std::size_t end = 0;
  std::size_t content_bytes = 0;  // Of all of them.
};

// Keeps copies of bytes, at places that do not move, until it is cleared.
class BytesArena {
 public:
  BytesView keep(BytesView bytes);
  std::string_view keep(std::string_view text) { return as_text(keep(as_bytes(text))); }
  std::size_t size() const { return size_; }
  void clear() {
    blocks_.clear();
    size_ = 0;
  }

 private:
  std::vector<Bytes> blocks_;
  std::size_t size_ = 0;
};

// An update that has been read and checked. The bytes it was read from must outlive it.
struct DecodedUpdate {
  std::vector<DecodedStruct> structs;
  std::vector<ClientRun> runs;
  std::vector<IdRange> deletes;
  // Contents that do not stand in the update as they are kept: those of format v2, and those that
  // yjs would write otherwise.
  BytesArena rewritten;

  void clear();
};

// Reads a whole update; see check_update for what it refuses.
Result<void> decode_update(BytesView update, const UpdateLimits& limits, DecodedUpdate& out,
                           UpdateFormat format = UpdateFormat::v1);

// Adds what another update holds to `out`. After an error, `out` is of no use.
Result<void> decode_more(BytesView update, const UpdateLimits& limits, DecodedUpdate& out,
                         UpdateFormat format);

// Cuts the first `offset` elements off, as yjs does when it knows them already.
// `owned` keeps a content that had to be rewritten.
void drop_front(DecodedStruct& value, Clock offset, BytesArena& owned);

// Sorts by client and clock, and joins ranges that touch or overlap.
void sort_and_merge(std::vector<IdRange>& ranges);

}  // namespace syncline::crdt
