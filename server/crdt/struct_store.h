#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "server/base/assert.h"
#include "server/base/bytes.h"
#include "server/crdt/id.h"
#include "server/crdt/item.h"
#include "server/crdt/struct_index.h"

namespace syncline::crdt {

// All structs of one client: contiguous in clock, sorted, without a hole from 0 on.
struct ClientStructs {
  ClientId id = 0;
  Clock state = 0;  // The clock after the last struct.
  StructIndex structs;

  // The contents of the client's items, in the order of their clocks, in which they arrive: runs
  // are joined and cut without moving a byte.
  Bytes arena;
  ItemIndex tail = none;    // Whose content ends where the arena ends.
  std::size_t garbage = 0;  // Bytes of the arena that no item uses.

  // Of the current transaction, if touched_in names it.
  std::uint64_t touched_in = 0;
  Clock state_before = 0;
};

// Who has made what, by client and clock.
class StructStore {
 public:
  ItemSlab items;

  // The slot of a client, made if need be. REQUIRES: there are fewer than Item::clients_max.
  ClientSlot slot(ClientId client);
  // none if nothing is known of the client.
  ClientSlot find_slot(ClientId client) const {
    return last_slot_ != none && last_client_ == client ? last_slot_ : look_up(client);
  }

  ClientStructs& client(ClientSlot slot) { return clients_[slot]; }
  const ClientStructs& client(ClientSlot slot) const { return clients_[slot]; }
  std::size_t client_count() const { return clients_.size(); }

  // Slots by client id, highest first: the order of every encoding. Some may have no structs.
  const std::vector<ClientSlot>& descending() const {
    if (sorted_ < descending_.size()) sort_new_clients();
    return descending_;
  }

  Clock state(ClientId client) const;

  // The position of the struct that covers `clock`. REQUIRES: clock < state.
  StructIndex::Position position(const ClientStructs& client, Clock clock) const {
    SYNCLINE_ASSERT(clock < client.state, clock, client.state);
    if (items[client.structs.back()].clock() <= clock) return client.structs.last();
    return client.structs.find(items, clock);
  }
  ItemIndex find(ClientSlot slot, Clock clock) const {
    const ClientStructs& structs = client(slot);
    return structs.structs[position(structs, clock)];
  }

  // Appends a struct whose clock is the client's state.
  void append(ItemIndex index) {
    const Item& item = items[index];
    ClientStructs& structs = clients_[item.client()];
    SYNCLINE_ASSERT(item.clock() == structs.state, item.clock(), structs.state);
    structs.structs.push_back(index, item.clock());
    structs.state = item.end();
  }

  // The bytes of an item's content (content.h); none for a type, which is described by its Type. Of
  // a string with a lost half of a pair, they are good until that of another is asked for.
  BytesView content(const Item& item) const;
  // The same as they lie in the arena: a binary content with its size before it, lost halves as
  // they are kept.
  BytesView stored(const Item& item) const;
  // Where the element `index` of an item begins in what is stored of it: see content_offset. Costs
  // no more for a long run than for a short one.
  std::size_t offset_in(const Item& item, Clock index, bool& cuts_pair) const;
  // Makes room for so many bytes of contents at once.
  void reserve(ClientSlot slot, std::size_t bytes);
  // Puts a content at the end of the client's arena, for an item that is not in the store yet.
  void store_content(ItemIndex index, BytesView content);
  // Makes the last struct of its client, whose content ends the arena, longer. `length` is that of
  // the text.
  void extend_content(ItemIndex index, std::string_view text, Clock length);
  // Takes the last, or first, elements away from a string. False, and nothing done, if that would
  // cut a surrogate pair.
  bool cut_back(ItemIndex index, Clock length);
  bool cut_front(ItemIndex index, Clock length);
  void drop_content(ItemIndex index);
  // The elements of the right one, which follows in clock, become part of the left one.
  void join(ItemIndex left, ItemIndex right);
  // The elements of the left one from `offset` on become the right one, which is a copy of it.
  void split(ItemIndex left, ItemIndex right, Clock offset);
  // Rewrites an arena of which more than half is garbage.
  void compact(ClientSlot slot);
  // Gives back what vectors hold in reserve, if that is much.
  void shrink();

  Id id(const Item& item) const { return {clients_[item.client()].id, item.clock()}; }
  std::size_t struct_count() const { return items.live(); }
  std::size_t arena_bytes() const { return arena_bytes_; }
  std::size_t mark_count() const { return marks_.size(); }

 private:
  ClientSlot look_up(ClientId client) const;
  void sort_new_clients() const;

  std::vector<ClientStructs> clients_;
  // Ordered, for numbers that clients choose could be chosen so that their hashes collide.
  std::map<ClientId, ClientSlot> slots_;
  // The one asked for last: most structs refer to their own client.
  mutable ClientId last_client_ = 0;
  mutable ClientSlot last_slot_ = none;
  // Those that are new stand behind the others until somebody asks: a million may come one by one.
  mutable std::vector<ClientSlot> descending_;
  mutable std::size_t sorted_ = 0;
  std::size_t arena_bytes_ = 0;
  // Where some elements of long runs begin in their client's arena, by clock. They are set by
  // whoever passes, when an element in the middle of a run is looked for.
  mutable std::map<std::pair<ClientSlot, Clock>, std::uint32_t> marks_;
  mutable Bytes expanded_;  // What `content` has given out last with a lost half in it.
};

}  // namespace syncline::crdt
