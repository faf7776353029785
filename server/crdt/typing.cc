// What typing does nearly always: a run grows at its end, or loses elements at an edge that others
// have been deleted at. Both change lengths where the general way (integrate, split, collect, join)
// makes items and joins them again; the outcome is the same, to the byte.

#include "server/base/utf8.h"
#include "server/crdt/doc_state.h"

namespace syncline::crdt {
namespace {

constexpr auto string_after_own = static_cast<std::uint8_t>(0x80U | 4U);
constexpr auto string_between = static_cast<std::uint8_t>(0xC0U | 4U);

}  // namespace

// True if the client's last struct, which is `left`, has become longer by a string that was made
// after it and before `next` (none: at the end of the list). False: nothing was done.
bool DocState::extend_run(ClientSlot slot, ItemIndex left, ItemIndex next, std::string_view text) {
  ClientStructs& client = store.client(slot);
  Item& item = store.items[left];
  const bool fits = client.tail == left && client.structs.back() == left &&
                    item.kind() == StructKind::string && !item.deleted() && item.right() == next;
  if (!fits) return false;
  // Joined are only those that were made before the same element.
  if (next == none ? item.has_right_origin()
                   : item.right_origin_client() != store.items[next].client() ||
                         item.right_origin_clock() != store.items[next].clock()) {
    return false;
  }
  const Chain& chain = chains[item.chain()];
  const Clock length = utf16_length(text);
  if (chain.key != none || length > Item::clock_max - client.state) return false;
  store.extend_content(left, text, length);
  client.state += length;
  types[chain.type].length += length;
  positions.resize(left, item.length());
  return true;
}

// (Where the conflict index has a part, the general way tells it: origins change here.)
//
// True if the elements from clock `from` on, which are among those of the struct at `at`, have
// become part of the deleted run beside it. False: nothing was done.
bool DocState::shrink_run(ClientSlot slot, StructIndex::Position at, Clock from, Clock length) {
  ClientStructs& client = store.client(slot);
  const ItemIndex index = client.structs[at];
  Item& item = store.items[index];
  if (!options.gc || item.kind() != StructKind::string || item.deleted() ||
      length >= item.length() || chains[item.chain()].key != none ||
      types[chains[item.chain()].type].had_formats || conflicts.has(item.chain())) {
    return false;
  }
  const auto joins = [&](ItemIndex left, ItemIndex right) {
    const Item& a = store.items[left];
    const Item& b = store.items[right];
    return b.follows(a) && a.right() == right && a.same_right_origin(b);
  };
  if (from + length == item.end()) {
    const StructIndex::Position after = client.structs.next(at);
    if (client.structs.at_end(after)) return false;
    const ItemIndex right_index = client.structs[after];
    Item& right = store.items[right_index];
    if (right.kind() != StructKind::deleted || !joins(index, right_index)) return false;
    if (!store.cut_back(index, length)) return false;
    right.set_clock(right.clock() - length);
    client.structs.clock_changes(store.items, after);
    right.set_length(right.length() + length);
    right.set_origin(slot, right.clock() - 1);
  } else if (from == item.clock()) {
    if (client.structs.at_begin(at)) return false;
    const ItemIndex left_index = client.structs[client.structs.previous(at)];
    Item& left = store.items[left_index];
    if (left.kind() != StructKind::deleted || !joins(left_index, index)) return false;
    if (!store.cut_front(index, length)) return false;
    client.structs.clock_changes(store.items, at);
    left.set_length(left.length() + length);
    item.set_origin(slot, item.clock() - 1);
  } else {
    return false;
  }
  types[chains[item.chain()].type].length -= length;
  positions.resize(index, item.length());
  return true;
}

// An update that is nothing but one string or one range of deletions, of the kinds above. False:
// nothing was done, and the update may be anything.
bool DocState::apply_typing(BytesView update) {
  if (has_pending() || update.size() < 5) return false;
  lib0::Decoder decoder(update.subspan(2));
  const auto head = [&](std::size_t i) { return std::to_integer<std::uint8_t>(update[i]); };
  if (head(0) == 1 && head(1) == 1) return apply_typed(decoder);
  return head(0) == 0 && head(1) == 1 && apply_erased(decoder);
}

// REQUIRES: `decoder` stands after the numbers of clients and structs, both 1.
bool DocState::apply_typed(lib0::Decoder& decoder) {
  Id id;
  Id origin;
  Id right_origin;
  std::uint8_t info = 0;
  std::string_view text;
  std::uint8_t deletes = 1;
  if (!decoder.take_var_uint(id.client) || !decoder.take_var_uint(id.clock) ||
      !decoder.take_u8(info) || (info != string_after_own && info != string_between) ||
      !decoder.take_var_uint(origin.client) || !decoder.take_var_uint(origin.clock)) {
    return false;
  }
  const bool between = info == string_between;
  if (between &&
      (!decoder.take_var_uint(right_origin.client) || !decoder.take_var_uint(right_origin.clock))) {
    return false;
  }
  if (!decoder.take_var_string(text) || !decoder.take_u8(deletes) || deletes != 0 ||
      !decoder.done() || text.empty()) {
    return false;
  }
  if (origin.client != id.client || origin.clock + 1 != id.clock) return false;
  const ClientSlot slot = store.find_slot(id.client);
  if (slot == none || store.client(slot).state != id.clock) return false;
  const ItemIndex left = store.client(slot).structs.back();
  const ItemIndex next = store.items[left].right();
  if (!between) return next == none && extend_run(slot, left, none, text);
  if (next == none || store.id(store.items[next]) != right_origin) return false;
  return extend_run(slot, left, next, text);
}

// REQUIRES: `decoder` stands after the numbers of clients with structs, 0, and with deletes, 1.
bool DocState::apply_erased(lib0::Decoder& decoder) {
  IdRange range;
  std::uint8_t ranges = 0;
  if (!decoder.take_var_uint(range.client) || !decoder.take_u8(ranges) || ranges != 1 ||
      !decoder.take_var_uint(range.clock) || !decoder.take_var_uint(range.length) ||
      !decoder.done() || range.length == 0) {
    return false;
  }
  const ClientSlot slot = store.find_slot(range.client);
  if (slot == none) return false;
  const ClientStructs& client = store.client(slot);
  if (range.clock >= client.state || range.length > client.state - range.clock) return false;
  const StructIndex::Position at = store.position(client, range.clock);
  if (range.end() > store.items[client.structs[at]].end()) return false;
  if (!shrink_run(slot, at, range.clock, range.length)) return false;
  store.compact(slot);
  return true;
}

}  // namespace syncline::crdt
