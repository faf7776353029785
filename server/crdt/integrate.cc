// YATA: where an item goes that was made between two others, when more have come between them
// since.

#include <algorithm>
#include <unordered_map>

#include "server/crdt/doc_state.h"

namespace syncline::crdt {

ItemIndex DocState::split(ItemIndex index, Clock offset) {
  const ClientSlot client = store.items[index].client();
  StructIndex& structs = store.client(client).structs;
  return split(index, offset, structs.find(store.items, store.items[index].clock()));
}

ItemIndex DocState::split(ItemIndex index, Clock offset, StructIndex::Position position) {
  const ItemIndex right_index = store.items.allocate();
  Item& left = store.items[index];
  Item& right = store.items[right_index];
  right = left;
  store.split(index, right_index, offset);
  right.set_origin(left.client(), right.clock() - 1);
  left.set_right(right_index);
  if (Chain& chain = chains[left.chain()]; chain.last == index) chain.last = right_index;
  if (chains[left.chain()].key == none) {
    positions.resize(index, left.visible() ? left.length() : 0);
    positions.insert(left.chain(), right_index, index, right.visible() ? right.length() : 0);
  }
  store.client(left.client()).structs.insert_after(store.items, position, right_index);
  conflicts.insert_cut(right_index, index);
  transaction.seams.push_back({right.client(), right.clock()});
  return right_index;
}

ItemIndex DocState::clean_start(ClientSlot client, Clock clock) {
  const StructIndex& structs = store.client(client).structs;
  const StructIndex::Position position = store.position(store.client(client), clock);
  const ItemIndex index = structs[position];
  const Item& item = store.items[index];
  if (item.clock() == clock || item.is_gc()) return index;
  return split(index, clock - item.clock(), position);
}

ItemIndex DocState::clean_end(ClientSlot client, Clock clock) {
  const StructIndex& structs = store.client(client).structs;
  const StructIndex::Position position = store.position(store.client(client), clock);
  const ItemIndex index = structs[position];
  const Item& item = store.items[index];
  if (item.end() - 1 != clock && !item.is_gc()) split(index, clock - item.clock() + 1, position);
  return index;
}

void DocState::integrate_gc(ClientSlot client, Clock clock, Clock length) {
  const ItemIndex index = store.items.allocate();
  Item& item = store.items[index];
  item.set_clock(clock);
  item.set_length(length);
  item.set_client(client);
  item.set_deleted();
  touch(client);
  store.append(index);
}

// Which chain a struct belongs to: it says so, or it is that of its neighbours. With a neighbour
// collected that is not known any more: none. Nor does a type that nests too deep belong to any. A
// key that gets its chain here gets an item at once: no chain of a key is ever empty.
ChainIndex DocState::chain_of(const DecodedStruct& value, const Neighbours& beside) {
  const auto is_gc = [&](ItemIndex index) { return index != none && store.items[index].is_gc(); };
  if (is_gc(beside.left) || is_gc(beside.right)) return none;
  const auto too_deep = [&](TypeIndex type) {
    return value.kind == StructKind::type && types[type].depth >= options.nesting_depth_max;
  };
  if (value.parent == ParentKind::inherited) {
    const ItemIndex neighbour = beside.left != none ? beside.left : beside.right;
    const ChainIndex chain = store.items[neighbour].chain();
    return too_deep(chains[chain].type) ? none : chain;
  }
  TypeIndex parent = none;
  if (value.parent == ParentKind::root) {
    parent = root(value.root);
  } else {
    const Item& holder =
        store.items[store.find(store.find_slot(value.parent_item.client), value.parent_item.clock)];
    if (holder.kind() != StructKind::type) return none;
    parent = holder.type();
  }
  if (too_deep(parent)) return none;
  return value.has_sub ? key_chain(parent, intern(value.sub)) : types[parent].list;
}

DocState::Neighbours DocState::find_neighbours(const DecodedStruct& value) {
  Neighbours beside;
  if (value.has_origin) {
    beside.left_client = store.find_slot(value.origin.client);
    beside.left = clean_end(beside.left_client, value.origin.clock);
  }
  if (value.has_right_origin) {
    beside.right_client = store.find_slot(value.right_origin.client);
    // Mostly nothing has come between the two since, and the one leads to the other.
    beside.right = beside.left == none ? none : store.items[beside.left].right();
    const bool found = beside.right != none &&
                       store.items[beside.right].client() == beside.right_client &&
                       store.items[beside.right].clock() == value.right_origin.clock;
    if (!found) beside.right = clean_start(beside.right_client, value.right_origin.clock);
  }
  return beside;
}

void DocState::integrate(const DecodedStruct& value, Clock offset) {
  const ClientSlot client = store.slot(value.id.client);
  if (!is_item(value.kind)) {
    return integrate_gc(client, value.id.clock + offset, value.length - offset);
  }
  Neighbours beside = find_neighbours(value);
  if (offset == 0) return add(value, client, beside, chain_of(value, beside));
  if (offset == value.length) return;  // Known: only the places of its neighbours were to be cut.
  // The rest of a run goes where its beginning is, whatever this update says about that.
  DecodedStruct rest = value;
  BytesArena owned;
  drop_front(rest, offset, owned);
  beside.left_client = client;
  beside.left = clean_end(client, rest.origin.clock);
  add(rest, client, beside, store.items[beside.left].chain());
}

void DocState::add(const DecodedStruct& value, ClientSlot client, const Neighbours& beside,
                   ChainIndex chain) {
  if (chain == none) return integrate_gc(client, value.id.clock, value.length);
  const ItemIndex index = store.items.allocate();
  Item& item = store.items[index];
  item.set_clock(value.id.clock);
  item.set_length(value.length);
  item.set_client(client);
  item.set_kind(value.kind);
  item.set_chain(chain);
  item.set_right(beside.right);
  if (value.has_origin) item.set_origin(beside.left_client, value.origin.clock);
  if (value.has_right_origin) item.set_right_origin(beside.right_client, value.right_origin.clock);
  if (value.kind == StructKind::type) {
    item.set_type(add_type(index, value.content));
  } else {
    store.store_content(index, value.content);
  }
  place(index, beside.left);
}

namespace {

// The items that a walk has met, and which of them are in conflict with what is to be placed: those
// since the last `settle`. Few, nearly always, and asked for less often still.
class Conflicts {
 public:
  std::size_t size() const { return met_.size(); }
  void meet(ItemIndex item) { met_.push_back(item); }
  void settle() { settled_ = met_.size(); }
  bool has_met(ItemIndex item) { return place(item) < met_.size(); }
  // REQUIRES: has_met(item).
  bool is_settled(ItemIndex item) { return place(item) < settled_; }

 private:
  static constexpr std::size_t few = 16;

  std::size_t place(ItemIndex item) {
    if (met_.size() <= few) {
      return static_cast<std::size_t>(std::find(met_.begin(), met_.end(), item) - met_.begin());
    }
    for (; placed_ < met_.size(); ++placed_) places_.emplace(met_[placed_], placed_);
    const auto at = places_.find(item);
    return at == places_.end() ? met_.size() : at->second;
  }

  std::vector<ItemIndex> met_;
  std::unordered_map<ItemIndex, std::size_t> places_;  // Never iterated.
  std::size_t placed_ = 0;                             // So many are in places_.
  std::size_t settled_ = 0;
};

}  // namespace

// Walking is the fastest where little conflicts, as nearly always. A chain whose walks have cost
// about as much as its index will gets one.
void DocState::note_walk(ChainIndex chain, std::size_t steps) {
  constexpr std::size_t few = 16;
  if (options.conflict_steps_per_item > 0 && steps <= few) return;
  Walks& walks = walks_[chain];
  walks.steps += steps;
  if (walks.steps <= walks.items * options.conflict_steps_per_item) return;
  // Counted again only when the chain's size has been walked several times since it was counted.
  std::uint64_t items = 0;
  for (ItemIndex at = chains[chain].first; at != none; at = store.items[at].right()) ++items;
  const bool has_grown = items >= 2 * walks.items;
  walks.items = items;
  if (has_grown && walks.steps <= items * options.conflict_steps_per_item) return;
  walks_.erase(chain);
  conflicts.build(chain, chains[chain].first);
}

// The item after which `item` goes, none for the start of the chain. Walks over what came between
// its neighbours: o is the item looked at; those whose origin lies to the left of ours end the
// walk.
ItemIndex DocState::find_place(const Item& item, ItemIndex left, ItemIndex right) {
  const ChainIndex chain = item.chain();
  if (conflicts.has(chain)) return conflicts.find_place(item, left, right);
  ItemIndex o = left != none ? store.items[left].right() : chains[chain].first;
  Conflicts met;
  const ClientId id = store.client(item.client()).id;
  while (o != none && o != right) {
    const Item& other = store.items[o];
    met.meet(o);
    if (other.same_origin(item)) {
      if (store.client(other.client()).id < id) {
        left = o;
        met.settle();
      } else if (other.same_right_origin(item)) {
        break;  // The same neighbours: the lower client stands first.
      }
    } else if (other.has_origin()) {
      const ItemIndex origin = store.find(other.origin_client(), other.origin_clock());
      if (!met.has_met(origin)) break;
      if (met.is_settled(origin)) {
        left = o;
        met.settle();
      }
    } else {
      break;
    }
    o = other.right();
  }
  note_walk(chain, met.size());
  return left;
}

void DocState::place(ItemIndex index, ItemIndex left) {
  Item& item = store.items[index];
  Chain& chain = chains[item.chain()];
  const ItemIndex wanted = item.right();
  const auto is_first = [&](ItemIndex other) {
    const ChainIndex its = store.items[other].chain();
    return its != none && chains[its].first == other;
  };
  const bool apart =
      left == none ? wanted == none || !is_first(wanted) : store.items[left].right() != wanted;
  if (apart) left = find_place(item, left, wanted);
  if (left != none) {
    item.set_right(store.items[left].right());
    store.items[left].set_right(index);
  } else {
    item.set_right(chain.first);
    chain.first = index;
  }
  Type& parent = types[chain.type];
  const bool in_list = chain.key == none;
  const bool is_newest = item.right() == none;
  if (!in_list && is_newest) {
    chain.last = index;
    if (left != none) delete_item(left);  // It was the key's value until now.
  }
  if (in_list && item.visible()) parent.length += item.length();
  if (in_list) {
    positions.insert(item.chain(), index, left, item.visible() ? item.length() : 0);
  }
  touch(item.client());
  store.append(index);
  conflicts.insert(index, left);
  if (item.kind() == StructKind::deleted) {
    item.set_deleted();
    // Only to tidy up formats by: there is nothing to collect, and it joins its neighbours as all
    // that is new does.
    if (formats_seen_) {
      transaction.deleted.push_back({item.client(), item.clock(), item.length()});
    }
  } else if (item.kind() == StructKind::format) {
    parent.has_formatting = true;
    parent.had_formats = true;
    formats_seen_ = true;
  }
  mark_changed(chain.type);
  if (type_deleted(types[chain.type]) || (!in_list && !is_newest)) delete_item(index);
}

}  // namespace syncline::crdt
