// The deep check of a replica: every invariant that the other files rely on.

#include <set>

#include "server/crdt/doc_state.h"

namespace syncline::crdt {
namespace {

Error broken(std::string what) { return {ErrorCode::malformed, std::move(what)}; }

std::string at(const DocState& doc, const Item& item) {
  return " at " + std::to_string(doc.store.client(item.client).id) + ":" +
         std::to_string(item.clock);
}

Result<void> check_item(const DocState& doc, const Item& item) {
  if (item.length == 0) return broken("an empty struct" + at(doc, item));
  if (item.is_gc()) {
    if (!item.deleted || item.parent != none)
      return broken("a GC struct in a list" + at(doc, item));
    return {};
  }
  if (item.parent == none || item.parent >= doc.types.size() || !doc.types[item.parent].alive) {
    return broken("an item without a living parent" + at(doc, item));
  }
  if (item.kind == StructKind::deleted && !item.deleted) {
    return broken("a deleted content that is not deleted" + at(doc, item));
  }
  if (!is_run(item.kind) && item.length != 1) return broken("too long a content" + at(doc, item));
  const auto& arena = doc.store.client(item.client).arena;
  if (std::size_t{item.content_at} + item.content_size > arena.size()) {
    return broken("content outside the arena" + at(doc, item));
  }
  bool cuts_pair = false;
  if (item.kind == StructKind::string || item.kind == StructKind::any ||
      item.kind == StructKind::json) {
    const BytesView content = doc.store.content(item);
    const std::size_t last =
        content_offset(item.kind, content, item.length, item.length - 1, cuts_pair);
    if (last >= content.size()) return broken("content shorter than its length" + at(doc, item));
  }
  if (item.kind == StructKind::type && doc.types[item.type].item == none) {
    return broken("a type that does not know its item" + at(doc, item));
  }
  return {};
}

Result<void> check_client(const DocState& doc, const ClientStructs& client) {
  Clock clock = 0;
  for (const ClientStructs::Entry& entry : client.structs) {
    const Item& item = doc.store.items[entry.item];
    if (entry.clock != clock || item.clock != clock) {
      return broken("a hole in the structs" + at(doc, item));
    }
    SYNCLINE_TRY(check_item(doc, item));
    clock += item.length;
  }
  if (clock != client.state) return broken("a wrong state of client " + std::to_string(client.id));
  return {};
}

// A chain from its first item on; returns the number of items in it.
Result<std::size_t> check_chain(const DocState& doc, TypeIndex type, StringIndex sub,
                                ItemIndex first, Clock& visible) {
  std::size_t count = 0;
  ItemIndex left = none;
  for (ItemIndex index = first; index != none; index = doc.store.items[index].right) {
    const Item& item = doc.store.items[index];
    if (item.left != left) return broken("neighbours disagree" + at(doc, item));
    if (item.parent != type || item.sub != sub) return broken("a stranger" + at(doc, item));
    if (item.visible()) visible += item.length;
    if (++count > doc.store.struct_count()) return broken("a circle" + at(doc, item));
    left = index;
  }
  return count;
}

// Whether an entry's value is the front of a run that was cut. When a run is replaced, or its end
// is deleted, nobody deletes the front: yjs does not either.
bool goes_on(const DocState& doc, const Item& item) {
  if (item.end() >= doc.store.client(item.client).state) return false;
  const Item& rest = doc.store.items[doc.store.find(item.client, item.end())];
  return !rest.is_gc() && rest.parent == item.parent && rest.sub == item.sub &&
         rest.origin_client == item.client && rest.origin_clock == item.end() - 1;
}

Result<std::size_t> check_type(const DocState& doc, TypeIndex index) {
  const Type& type = doc.types[index];
  Clock visible = 0;
  SYNCLINE_ASSIGN(std::size_t count, check_chain(doc, index, none, type.start, visible));
  if (visible != type.length) return broken("a wrong length of type " + std::to_string(index));
  const bool gone = doc.type_deleted(type);
  if (gone && visible > 0) return broken("something visible in a deleted type");
  for (const TypeEntries::Entry& entry : type.entries.list()) {
    ItemIndex first = entry.item;
    if (doc.store.items[first].right != none) return broken("an entry that is not the newest");
    while (doc.store.items[first].left != none) first = doc.store.items[first].left;
    Clock ignored = 0;
    SYNCLINE_ASSIGN(const std::size_t more, check_chain(doc, index, entry.key, first, ignored));
    count += more;
    for (ItemIndex i = first; i != entry.item; i = doc.store.items[i].right) {
      const Item& item = doc.store.items[i];
      if (!item.deleted && !goes_on(doc, item)) return broken("an older entry that is not deleted");
    }
  }
  return count;
}

}  // namespace

Result<void> DocState::check() const {
  if (transaction.open) return broken("an open transaction");
  std::size_t structs = 0;
  std::size_t items = 0;
  for (const ClientSlot slot : store.descending()) {
    const ClientStructs& client = store.client(slot);
    SYNCLINE_TRY(check_client(*this, client));
    structs += client.structs.size();
    for (const ClientStructs::Entry& entry : client.structs) {
      items += store.items[entry.item].is_gc() ? 0 : 1;
    }
  }
  if (structs != store.struct_count()) return broken("structs that nobody counts");
  std::size_t linked = 0;
  for (TypeIndex index = 0; index < types.size(); ++index) {
    if (!types[index].alive) continue;
    SYNCLINE_ASSIGN(const std::size_t count, check_type(*this, index));
    linked += count;
  }
  if (linked != items) {
    return broken(std::to_string(items) + " items, " + std::to_string(linked) + " in lists");
  }
  if (hint.type != none) {
    Clock before = 0;
    for (ItemIndex at = types[hint.type].start; at != hint.item; at = store.items[at].right) {
      if (at == none) return broken("a hint that points nowhere");
      if (store.items[at].visible()) before += store.items[at].length;
    }
    if (before != hint.index) return broken("a hint with a wrong index");
  }
  if (pending) {
    DecodedUpdate waiting;
    SYNCLINE_TRY(decode_update(pending->update, UpdateLimits::none(), waiting));
    if (waiting.structs.empty()) return broken("nothing waits");
  }
  return {};
}

}  // namespace syncline::crdt
