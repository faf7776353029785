#include "server/crdt/doc_state.h"

#include "server/base/assert.h"
#include "server/lib0/decoder.h"

namespace syncline::crdt {
namespace {

// A walk over so many items is as good as a tree.
constexpr std::size_t few = 32;

}  // namespace

StringIndex DocState::intern(std::string_view text) {
  if (const StringIndex known = find_name(text); known != none) return known;
  const auto index = static_cast<StringIndex>(names_.size());
  name_indexes_.emplace(names_.emplace_back(text), index);
  return index;
}

StringIndex DocState::find_name(std::string_view text) const {
  const auto found = name_indexes_.find(text);
  return found == name_indexes_.end() ? none : found->second;
}

TypeIndex DocState::find_root(std::string_view root_name) const {
  const auto found = roots.find(root_name);
  return found == roots.end() ? none : found->second;
}

TypeIndex DocState::root(std::string_view root_name) {
  if (const TypeIndex known = find_root(root_name); known != none) return known;
  const auto index = static_cast<TypeIndex>(types.size());
  types.emplace_back().name = intern(root_name);
  types[index].list = add_chain(index, none);
  roots.emplace(std::string(root_name), index);
  return index;
}

ChainIndex DocState::add_chain(TypeIndex type, StringIndex key) {
  SYNCLINE_ASSERT(chains.size() < Item::chains_max);
  chains.push_back({type, key, none, none});
  return static_cast<ChainIndex>(chains.size() - 1);
}

ChainIndex DocState::key_chain(TypeIndex type, StringIndex key) {
  if (const ChainIndex known = types[type].keys.find(key); known != none) return known;
  const ChainIndex chain = add_chain(type, key);
  types[type].keys.add(key, chain);
  return chain;
}

ItemIndex DocState::newest(TypeIndex type, StringIndex key) const {
  const ChainIndex chain = key == none ? none : types[type].keys.find(key);
  return chain == none ? none : chains[chain].last;
}

PositionIndex::Place DocState::find_position(TypeIndex type, Clock index) {
  const ChainIndex list = types[type].list;
  if (!positions.has(list)) {
    PositionIndex::Place place{chains[list].first, 0};
    for (std::size_t steps = 0; steps < few; ++steps) {
      const Item& item = store.items[place.item];
      const Clock visible = item.visible() ? item.length() : 0;
      if (index <= place.before + visible) return place;
      place.before += visible;
      place.item = item.right();
    }
    positions.build(list, chains[list].first, store.items);
  }
  return positions.find(list, index);
}

Clock DocState::visible_before(ItemIndex index) {
  const ChainIndex chain = store.items[index].chain();
  if (positions.has(chain)) return positions.before(index);
  Clock before = 0;
  std::size_t steps = 0;
  for (ItemIndex at = chains[chain].first; at != index; at = store.items[at].right()) {
    if (chains[chain].key == none && ++steps > few) {
      positions.build(chain, chains[chain].first, store.items);
      return positions.before(index);
    }
    if (store.items[at].visible()) before += store.items[at].length();
  }
  return before;
}

TypeIndex DocState::add_type(ItemIndex holder, BytesView content) {
  lib0::Decoder decoder(content);
  std::uint64_t kind = 0;
  std::string_view name;
  decoder.take_var_uint(kind);
  if (has_name(static_cast<TypeKind>(kind))) decoder.take_var_string(name);
  const auto index = static_cast<TypeIndex>(types.size());
  Type& type = types.emplace_back();
  type.item = holder;
  type.kind = static_cast<TypeKind>(kind);
  type.list = add_chain(index, none);
  type.depth = types[parent_of(store.items[holder])].depth + 1;
  if (has_name(type.kind)) type.name = intern(name);
  return index;
}

void DocState::open_root(TypeIndex index, TypeKind kind) {
  Type& type = types[index];
  if (type.kind != TypeKind::unknown) return;
  type.kind = kind;
  type.has_formatting = false;
}

StateVector DocState::state_vector() const {
  StateVector vector;
  for (const ClientSlot slot : store.descending()) {
    const ClientStructs& client = store.client(slot);
    if (client.state > 0) vector.emplace(client.id, client.state);
  }
  return vector;
}

}  // namespace syncline::crdt
