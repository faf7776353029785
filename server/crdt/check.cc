// The deep check of a replica: every invariant that the other files rely on.

#include <string_view>

#include "server/base/utf8.h"
#include "server/crdt/doc_state.h"

namespace syncline::crdt {
namespace {

Error broken(std::string what) { return {ErrorCode::malformed, std::move(what)}; }

std::string at(const DocState& doc, const Item& item) {
  return " at " + std::to_string(doc.store.client(item.client()).id) + ":" +
         std::to_string(item.clock());
}

Result<void> check_content(const DocState& doc, const Item& item) {
  if (item.kind() == StructKind::deleted) return {};
  if (item.kind() == StructKind::type) {
    const bool knows = item.type() < doc.types.size() && doc.types[item.type()].item != none &&
                       &doc.store.items[doc.types[item.type()].item] == &item;
    return knows ? Result<void>() : broken("a type that does not know its item" + at(doc, item));
  }
  const auto& arena = doc.store.client(item.client()).arena;
  if (item.content_at() + doc.store.stored(item).size() > arena.size()) {
    return broken("content outside the arena" + at(doc, item));
  }
  if (item.kind() == StructKind::string) {
    const std::string_view text = as_text(doc.store.content(item));
    if (!is_utf8(text) || utf16_length(text) != item.length()) {
      return broken("a text of another length" + at(doc, item));
    }
    if (item.ascii() != (text.size() == item.length())) {
      return broken("a wrong mark of plain text" + at(doc, item));
    }
  }
  return {};
}

Result<void> check_item(const DocState& doc, const Item& item) {
  if (item.length() == 0) return broken("an empty struct" + at(doc, item));
  const TypeIndex parent = doc.parent_of(item);
  if (item.is_gc()) {
    if (!item.deleted() || parent != none || item.right() != none) {
      return broken("a GC struct in a list" + at(doc, item));
    }
    return {};
  }
  if (parent == none || parent >= doc.types.size() || !doc.types[parent].alive) {
    return broken("an item without a living parent" + at(doc, item));
  }
  if (item.kind() == StructKind::deleted && !item.deleted()) {
    return broken("a deleted content that is not deleted" + at(doc, item));
  }
  if (!is_run(item.kind()) && item.length() != 1) {
    return broken("too long a content" + at(doc, item));
  }
  return check_content(doc, item);
}

Result<void> check_client(const DocState& doc, const ClientStructs& client) {
  Clock clock = 0;
  ItemIndex before = none;
  std::size_t count = 0;
  for (StructIndex::Position at_struct; !client.structs.at_end(at_struct);
       at_struct = client.structs.next(at_struct), ++count) {
    const ItemIndex index = client.structs[at_struct];
    const Item& item = doc.store.items[index];
    if (item.clock() != clock) return broken("a hole in the structs" + at(doc, item));
    SYNCLINE_TRY(check_item(doc, item));
    const BytesView left = before == none ? BytesView() : doc.store.stored(doc.store.items[before]);
    if (!left.empty() && !doc.store.stored(item).empty() &&
        doc.store.items[before].content_at() + left.size() != item.content_at()) {
      return broken("a content that does not follow the one before it" + at(doc, item));
    }
    clock += item.length();
    before = index;
  }
  if (clock != client.state) return broken("a wrong state of client " + std::to_string(client.id));
  if (count != client.structs.size()) return broken("a wrong number of structs");
  if (!client.structs.is_sound(doc.store.items)) return broken("an index of other clocks");
  if (client.tail != none) {
    const Item& tail = doc.store.items[client.tail];
    if (tail.content_at() + doc.store.stored(tail).size() != client.arena.size()) {
      return broken("an arena that ends elsewhere" + at(doc, tail));
    }
  }
  return {};
}

// A chain from its first item on; returns the number of items in it, and its last.
Result<std::size_t> check_chain(const DocState& doc, ChainIndex index, Clock& visible,
                                ItemIndex& last) {
  std::size_t count = 0;
  last = none;
  for (ItemIndex o = doc.chains[index].first; o != none; o = doc.store.items[o].right()) {
    const Item& item = doc.store.items[o];
    if (item.chain() != index) return broken("a stranger" + at(doc, item));
    if (item.visible()) visible += item.length();
    if (++count > doc.store.struct_count()) return broken("a circle" + at(doc, item));
    last = o;
  }
  if (!doc.conflicts.check(index, doc.chains[index].first)) {
    return broken("a conflict index that disagrees with chain " + std::to_string(index));
  }
  return count;
}

// Whether a key's value is the front of a run that was cut. When a run is replaced, or its end is
// deleted, nobody deletes the front: yjs does not either.
bool goes_on(const DocState& doc, const Item& item) {
  if (item.end() >= doc.store.client(item.client()).state) return false;
  const Item& rest = doc.store.items[doc.store.find(item.client(), item.end())];
  return !rest.is_gc() && rest.chain() == item.chain() && rest.follows(item);
}

Result<std::size_t> check_type(const DocState& doc, TypeIndex index) {
  const Type& type = doc.types[index];
  Clock visible = 0;
  ItemIndex last = none;
  SYNCLINE_ASSIGN(std::size_t count, check_chain(doc, type.list, visible, last));
  if (visible != type.length) return broken("a wrong length of type " + std::to_string(index));
  if (doc.type_deleted(type) && visible > 0) return broken("something visible in a deleted type");
  if (!doc.positions.check(type.list, doc.start(type), doc.store.items)) {
    return broken("a position index that disagrees with type " + std::to_string(index));
  }
  for (const TypeKeys::Entry& entry : type.keys.list()) {
    const Chain& chain = doc.chains[entry.chain];
    if (chain.type != index || chain.key != entry.key) return broken("a key of another type");
    if (chain.first == none) return broken("a key that never had a value");
    Clock ignored = 0;
    SYNCLINE_ASSIGN(const std::size_t more, check_chain(doc, entry.chain, ignored, last));
    if (last != chain.last) return broken("a key whose last item is not the newest");
    count += more;
    for (ItemIndex i = chain.first; i != last; i = doc.store.items[i].right()) {
      const Item& item = doc.store.items[i];
      if (!item.deleted() && !goes_on(doc, item)) {
        return broken("an older value that is not deleted");
      }
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
    client.structs.for_each([&](ItemIndex index) { items += store.items[index].is_gc() ? 0 : 1; });
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
  const bool is_behind = !touched_locally_.empty();
  for (const IdRange& range : pending_deletes.list()) {
    if (!is_behind && range.clock < store.state(range.client)) {
      return broken("a deletion that need not wait");
    }
  }
  return pending.check(store, is_behind);
}

}  // namespace syncline::crdt
