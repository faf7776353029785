#include "server/crdt/doc_state.h"

namespace syncline::crdt {

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
  roots.emplace(std::string(root_name), index);
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
