// YATA: where an item goes that was made between two others, when more have come between them
// since.

#include "server/base/assert.h"
#include "server/crdt/doc_state.h"

namespace syncline::crdt {

void DocState::split_content(Item& left, Item& right, Clock offset) {
  const Clock whole = left.length + right.length;
  bool cuts_pair = false;
  const BytesView content = store.content(left);
  const std::size_t at = content_offset(left.kind, content, whole, offset, cuts_pair);
  const std::uint32_t size = left.content_size;
  if (!cuts_pair) {
    right.content_at = left.content_at + static_cast<std::uint32_t>(at);
    right.content_size = size - static_cast<std::uint32_t>(at);
    left.content_size = static_cast<std::uint32_t>(at);
    return;
  }
  // Both halves of the pair become replacement characters. The right one fits into the four bytes
  // of the pair; the left part has to move.
  Bytes moved = to_bytes(content.first(at));
  const BytesView replacement = as_bytes(replacement_character);
  moved.insert(moved.end(), replacement.begin(), replacement.end());
  ClientStructs& client = store.client(left.client);
  std::copy(replacement.begin(), replacement.end(),
            client.arena.begin() + left.content_at + static_cast<std::ptrdiff_t>(at) + 1);
  right.content_at = left.content_at + static_cast<std::uint32_t>(at) + 1;
  right.content_size = size - static_cast<std::uint32_t>(at) - 1;
  client.garbage += at + 1;
  store.store_content(left, moved);
}

ItemIndex DocState::split(ItemIndex index, Clock offset) {
  const ItemIndex right_index = store.items.allocate();
  Item& left = store.items[index];
  Item& right = store.items[right_index];
  SYNCLINE_ASSERT(offset > 0 && offset < left.length, offset, left.length);
  right = left;
  right.clock = left.clock + offset;
  right.length = left.length - offset;
  left.length = offset;
  right.origin_client = left.client;
  right.origin_clock = right.clock - 1;
  right.left = index;
  left.right = right_index;
  if (left.content_size > 0) split_content(left, right, offset);
  if (right.right != none) {
    store.items[right.right].left = right_index;
  } else if (right.sub != none) {
    types[right.parent].entries.set(right.sub, right_index);
  }
  ClientStructs& client = store.client(left.client);
  const std::size_t position = store.position(client, left.clock);
  client.structs.insert(client.structs.begin() + static_cast<std::ptrdiff_t>(position) + 1,
                        {right.clock, right_index});
  transaction.seams.push_back({right.client, right.clock});
  return right_index;
}

ItemIndex DocState::clean_start(ClientSlot client, Clock clock) {
  const ItemIndex index = store.find(client, clock);
  const Item& item = store.items[index];
  if (item.clock == clock || item.is_gc()) return index;
  return split(index, clock - item.clock);
}

ItemIndex DocState::clean_end(ClientSlot client, Clock clock) {
  const ItemIndex index = store.find(client, clock);
  const Item& item = store.items[index];
  if (item.end() - 1 != clock && !item.is_gc()) split(index, clock - item.clock + 1);
  return index;
}

void DocState::integrate_gc(ClientSlot client, Clock clock, Clock length) {
  const ItemIndex index = store.items.allocate();
  Item& item = store.items[index];
  item.clock = clock;
  item.length = length;
  item.client = client;
  item.deleted = true;
  touch(client);
  store.append(index);
}

void DocState::integrate(DecodedStruct value, Clock offset) {
  const ClientSlot client = store.slot(value.id.client);
  if (!is_item(value.kind)) {
    return integrate_gc(client, value.id.clock + offset, value.length - offset);
  }
  ItemIndex left = none;
  ItemIndex right = none;
  if (value.has_origin) left = clean_end(store.find_slot(value.origin.client), value.origin.clock);
  if (value.has_right_origin) {
    right = clean_start(store.find_slot(value.right_origin.client), value.right_origin.clock);
  }
  // Whose list it belongs to: said, or that of its neighbours. With a neighbour collected it is not
  // known any more, and the item is collected too.
  TypeIndex parent = none;
  StringIndex sub = none;
  const bool lost =
      (left != none && store.items[left].is_gc()) || (right != none && store.items[right].is_gc());
  if (lost) {
    parent = none;
  } else if (value.parent == ParentKind::root) {
    parent = root(value.root);
  } else if (value.parent == ParentKind::item) {
    const Item& holder =
        store.items[store.find(store.find_slot(value.parent_item.client), value.parent_item.clock)];
    parent = holder.kind == StructKind::type ? holder.type : none;
  } else {
    const Item& neighbour = store.items[left != none ? left : right];
    parent = neighbour.parent;
    sub = neighbour.sub;
  }
  if (value.has_sub && value.parent != ParentKind::inherited) sub = intern(value.sub);
  BytesArena owned;
  if (offset > 0) {
    drop_front(value, offset, owned);
    left = clean_end(client, value.id.clock - 1);
    // The rest of a run goes where its beginning is, whatever this update says about that.
    parent = store.items[left].parent;
    sub = store.items[left].sub;
  }
  const bool too_deep = parent != none && value.kind == StructKind::type &&
                        types[parent].depth >= options.nesting_depth_max;
  if (parent == none || too_deep) {
    return integrate_gc(client, value.id.clock, value.length);
  }
  const ItemIndex index = store.items.allocate();
  Item& item = store.items[index];
  item.clock = value.id.clock;
  item.length = value.length;
  item.client = client;
  item.kind = value.kind;
  item.parent = parent;
  item.sub = sub;
  item.left = left;
  item.right = right;
  if (value.has_origin) {
    item.origin_client = store.find_slot(value.origin.client);
    item.origin_clock = value.origin.clock;
  }
  if (value.has_right_origin) {
    item.right_origin_client = store.find_slot(value.right_origin.client);
    item.right_origin_clock = value.right_origin.clock;
  }
  store.store_content(item, value.content);
  place(index);
}

// The item after which `item` goes, none for the start of the list. Walks over what came between
// its neighbours: o is the item looked at; those whose origin lies to the left of ours end the
// walk.
ItemIndex DocState::find_place(const Item& item, ItemIndex left, ItemIndex right) {
  ItemIndex o = none;
  if (left != none) {
    o = store.items[left].right;
  } else if (item.sub != none) {
    o = types[item.parent].entries.find(item.sub);
    while (o != none && store.items[o].left != none) o = store.items[o].left;
  } else {
    o = types[item.parent].start;
  }
  if (seen_.size() < store.items.size()) {
    seen_.resize(store.items.size() * 2);
    conflict_.resize(store.items.size() * 2);
  }
  const std::uint64_t scan = ++scan_;
  std::uint64_t group = scan;
  const ClientId id = store.client(item.client).id;
  while (o != none && o != right) {
    const Item& other = store.items[o];
    seen_[o] = scan;
    conflict_[o] = group;
    if (other.origin_client == item.origin_client &&
        (item.origin_client == none || other.origin_clock == item.origin_clock)) {
      if (store.client(other.client).id < id) {
        left = o;
        group = ++scan_;
      } else if (other.right_origin_client == item.right_origin_client &&
                 (item.right_origin_client == none ||
                  other.right_origin_clock == item.right_origin_clock)) {
        break;  // The same neighbours: the lower client stands first.
      }
    } else if (other.origin_client != none) {
      const ItemIndex origin = store.find(other.origin_client, other.origin_clock);
      if (seen_[origin] < scan) break;
      if (conflict_[origin] != group) {
        left = o;
        group = ++scan_;
      }
    } else {
      break;
    }
    o = other.right;
  }
  return left;
}

void DocState::place(ItemIndex index) {
  hint = {};
  Item& item = store.items[index];
  ItemIndex left = item.left;
  const ItemIndex right = item.right;
  const bool apart = left == none ? (right == none || store.items[right].left != none)
                                  : store.items[left].right != right;
  if (apart) left = find_place(item, left, right);
  item.left = left;
  Type& parent = types[item.parent];
  if (left != none) {
    item.right = store.items[left].right;
    store.items[left].right = index;
  } else if (item.sub != none) {
    ItemIndex first = parent.entries.find(item.sub);
    while (first != none && store.items[first].left != none) first = store.items[first].left;
    item.right = first;
  } else {
    item.right = parent.start;
    parent.start = index;
  }
  if (item.right != none) {
    store.items[item.right].left = index;
  } else if (item.sub != none) {
    parent.entries.set(item.sub, index);
    if (left != none) delete_item(left);  // It was the entry's value until now.
  }
  if (item.sub == none && item.visible()) parent.length += item.length;
  touch(item.client);
  store.append(index);
  if (item.kind == StructKind::deleted) {
    transaction.deleted.push_back({item.client, item.clock, item.length});
    item.deleted = true;
  } else if (item.kind == StructKind::format) {
    parent.has_formatting = true;
    parent.had_formats = true;
  } else if (item.kind == StructKind::type) {
    lib0::Decoder decoder(store.content(item));
    std::uint64_t kind = 0;
    std::string_view name;
    const std::uint32_t depth = parent.depth + 1;
    decoder.take_var_uint(kind);
    const auto type_kind = static_cast<TypeKind>(kind);
    if (has_name(type_kind)) decoder.take_var_string(name);
    item.type = static_cast<TypeIndex>(types.size());
    Type& type = types.emplace_back();
    type.item = index;
    type.kind = type_kind;
    type.depth = depth;
    if (has_name(type_kind)) type.name = intern(name);
  }
  mark_changed(item.parent);
  const Type& owner = types[item.parent];
  if (type_deleted(owner) || (item.sub != none && item.right != none)) delete_item(index);
}

}  // namespace syncline::crdt
