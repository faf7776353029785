#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "server/base/bytes.h"
#include "server/crdt/id.h"
#include "server/crdt/item.h"

namespace syncline::crdt {

// All structs of one client: contiguous in clock, sorted, without a hole from 0 on.
struct ClientStructs {
  struct Entry {
    Clock clock;
    ItemIndex item;
  };

  ClientId id = 0;
  Clock state = 0;  // The clock after the last struct.
  std::vector<Entry> structs;

  // The contents of the client's items. As a client's structs arrive in the order of their clocks,
  // neighbours lie side by side: runs are joined and cut without moving a byte.
  Bytes arena;
  std::size_t garbage = 0;  // Bytes of the arena that no item uses.

  // Of the current transaction, if touched_in names it.
  std::uint64_t touched_in = 0;
  Clock state_before = 0;
};

// Who has made what, by client and clock.
class StructStore {
 public:
  ItemSlab items;

  // The slot of a client, made if need be.
  ClientSlot slot(ClientId client);
  // none if nothing is known of the client.
  ClientSlot find_slot(ClientId client) const;

  ClientStructs& client(ClientSlot slot) { return clients_[slot]; }
  const ClientStructs& client(ClientSlot slot) const { return clients_[slot]; }
  std::size_t client_count() const { return clients_.size(); }

  // Slots by client id, highest first: the order of every encoding. Some may have no structs.
  const std::vector<ClientSlot>& descending() const { return descending_; }

  Clock state(ClientId client) const;

  // The position of the struct that covers `clock`. REQUIRES: clock < state.
  std::size_t position(const ClientStructs& client, Clock clock) const;
  ItemIndex find(ClientSlot slot, Clock clock) const {
    const ClientStructs& structs = client(slot);
    return structs.structs[position(structs, clock)].item;
  }

  // Appends a struct whose clock is the client's state.
  void append(ItemIndex index);

  BytesView content(const Item& item) const {
    return BytesView(clients_[item.client].arena).subspan(item.content_at, item.content_size);
  }
  // Puts a content at the end of the client's arena.
  void store_content(Item& item, BytesView content);
  void drop_content(Item& item);
  // Rewrites an arena of which more than half is garbage.
  void compact(ClientSlot slot);

  Id id(const Item& item) const { return {clients_[item.client].id, item.clock}; }
  std::size_t struct_count() const { return items.live(); }
  std::size_t arena_bytes() const { return arena_bytes_; }

 private:
  std::vector<ClientStructs> clients_;
  std::unordered_map<ClientId, ClientSlot> slots_;  // Never iterated.
  std::vector<ClientSlot> descending_;
  std::size_t arena_bytes_ = 0;
};

}  // namespace syncline::crdt
