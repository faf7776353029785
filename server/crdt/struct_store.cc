#include "server/crdt/struct_store.h"

#include <algorithm>

#include "server/base/assert.h"

namespace syncline::crdt {

ClientSlot StructStore::find_slot(ClientId client) const {
  const auto found = slots_.find(client);
  return found == slots_.end() ? none : found->second;
}

ClientSlot StructStore::slot(ClientId client) {
  const auto [found, inserted] =
      slots_.try_emplace(client, static_cast<ClientSlot>(clients_.size()));
  if (!inserted) return found->second;
  clients_.emplace_back().id = client;
  const auto place =
      std::lower_bound(descending_.begin(), descending_.end(), client,
                       [this](ClientSlot slot, ClientId id) { return clients_[slot].id > id; });
  descending_.insert(place, found->second);
  return found->second;
}

Clock StructStore::state(ClientId client) const {
  const ClientSlot slot = find_slot(client);
  return slot == none ? 0 : clients_[slot].state;
}

std::size_t StructStore::position(const ClientStructs& client, Clock clock) const {
  const auto& structs = client.structs;
  SYNCLINE_ASSERT(clock < client.state, clock, client.state);
  if (structs.back().clock <= clock) return structs.size() - 1;
  const auto after = std::upper_bound(
      structs.begin(), structs.end(), clock,
      [](Clock value, const ClientStructs::Entry& entry) { return value < entry.clock; });
  return static_cast<std::size_t>(after - structs.begin()) - 1;
}

void StructStore::append(ItemIndex index) {
  const Item& item = items[index];
  ClientStructs& structs = clients_[item.client];
  SYNCLINE_ASSERT(item.clock == structs.state, item.clock, structs.state);
  structs.structs.push_back({item.clock, index});
  structs.state = item.end();
}

void StructStore::store_content(Item& item, BytesView content) {
  Bytes& arena = clients_[item.client].arena;
  item.content_at = static_cast<std::uint32_t>(arena.size());
  item.content_size = static_cast<std::uint32_t>(content.size());
  arena.insert(arena.end(), content.begin(), content.end());
  arena_bytes_ += content.size();
}

void StructStore::drop_content(Item& item) {
  clients_[item.client].garbage += item.content_size;
  item.content_at = 0;
  item.content_size = 0;
}

void StructStore::compact(ClientSlot slot) {
  constexpr std::size_t worth_it = 4096;
  ClientStructs& structs = clients_[slot];
  if (structs.garbage < worth_it || structs.garbage * 2 < structs.arena.size()) return;
  Bytes kept;
  kept.reserve(structs.arena.size() - structs.garbage);
  for (const ClientStructs::Entry& entry : structs.structs) {
    Item& item = items[entry.item];
    if (item.content_size == 0) continue;
    const auto from = structs.arena.begin() + item.content_at;
    item.content_at = static_cast<std::uint32_t>(kept.size());
    kept.insert(kept.end(), from, from + item.content_size);
  }
  arena_bytes_ -= structs.arena.size() - kept.size();
  structs.arena = std::move(kept);
  structs.garbage = 0;
}

}  // namespace syncline::crdt
