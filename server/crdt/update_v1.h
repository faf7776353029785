#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/crdt/content.h"
#include "server/crdt/id.h"
#include "server/crdt/update.h"
#include "server/lib0/decoder.h"
#include "server/lib0/encoder.h"

// Update format v1, read and written. The grammar is in docs/formats/update_v1.md of yjs'
// INTERNALS:
//   update  = clients(n) { structs(k) client clock { struct }k }n  delete set
//   struct  = info [origin] [right origin] [parent [parent sub]] content

namespace syncline::crdt {

enum class ParentKind : std::uint8_t { inherited, root, item };

// One struct as an update carries it. Views point into the update or into its DecodedUpdate.
struct DecodedStruct {
  Id id;
  Clock length = 0;
  Id origin;
  Id right_origin;
  Id parent_item;         // If parent is item.
  std::string_view root;  // If parent is root.
  std::string_view sub;   // With has_sub, unless the parent is inherited.
  BytesView content;
  StructKind kind = StructKind::gc;
  ParentKind parent = ParentKind::inherited;
  bool has_origin = false;
  bool has_right_origin = false;
  bool has_sub = false;

  Clock end() const { return id.clock + length; }
};

// All structs of one client in an update, in clock order.
struct ClientRun {
  ClientId client = 0;
  std::size_t begin = 0;  // Indexes into DecodedUpdate::structs.
  std::size_t end = 0;
};

// An update that has been read and checked. The bytes it was read from must outlive it.
struct DecodedUpdate {
  std::vector<DecodedStruct> structs;
  std::vector<ClientRun> runs;
  std::vector<IdRange> deletes;
  // Contents that had to be rewritten into the form that yjs would give them.
  std::deque<Bytes> rewritten;

  void clear();
};

// Reads a whole update; see check_update for what it refuses.
Result<void> decode_update(BytesView update, const UpdateLimits& limits, DecodedUpdate& out);

// Cuts the first `offset` elements off, as yjs does when it knows them already.
// `owned` keeps a content that had to be rewritten.
void drop_front(DecodedStruct& value, Clock offset, std::deque<Bytes>& owned);

void write_struct(lib0::Encoder& encoder, const DecodedStruct& value, Clock offset);

// yjs' writeDeleteSet. REQUIRES: one client's ranges stand together, in the order to be written.
void write_delete_set(lib0::Encoder& encoder, std::vector<IdRange> ranges);

// Sorts by client and clock, and joins ranges that touch or overlap.
void sort_and_merge(std::vector<IdRange>& ranges);

}  // namespace syncline::crdt
