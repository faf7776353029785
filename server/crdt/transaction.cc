#include <algorithm>
#include <unordered_map>

#include "server/base/assert.h"
#include "server/crdt/doc_state.h"

namespace syncline::crdt {

void DocState::begin(bool local) {
  SYNCLINE_ASSERT(!transaction.open);
  ++transaction.number;
  transaction.open = true;
  transaction.local = local;
  transaction.deleted.clear();
  transaction.touched.clear();
  transaction.seams.clear();
  transaction.changed.clear();
}

Clock DocState::state_before(ClientSlot slot) const {
  const ClientStructs& client = store.client(slot);
  return client.touched_in == transaction.number ? client.state_before : client.state;
}

void DocState::mark_changed(TypeIndex index) {
  Type& type = types[index];
  if (transaction.local || !is_text(type.kind) || type.changed_in == transaction.number) return;
  if (type.item != none) {
    // A type that is new itself, or gone, has not changed.
    const Item& holder = store.items[type.item];
    if (holder.deleted() || holder.clock() >= state_before(holder.client())) return;
  }
  type.changed_in = transaction.number;
  transaction.changed.push_back(index);
}

// Deleting a type deletes what is in it, depth first, in yjs' order; with a stack of our own, since
// the depth is not ours to choose.
void DocState::delete_item(ItemIndex index) {
  struct Frame {
    TypeIndex type;
    ItemIndex next;   // The list's next item.
    std::size_t key;  // The map's next key.
  };
  std::vector<Frame> frames;
  const auto visit = [&](ItemIndex at) {
    Item& item = store.items[at];
    if (item.deleted()) return;
    const Chain& chain = chains[item.chain()];
    if (chain.key == none && item.visible()) {
      types[chain.type].length -= item.length();
      positions.resize(at, 0);
    }
    item.set_deleted();
    transaction.deleted.push_back({item.client(), item.clock(), item.length()});
    mark_changed(chain.type);
    if (item.kind() == StructKind::type) {
      frames.push_back({item.type(), start(types[item.type()]), 0});
    }
  };
  const auto visit_child = [&](ItemIndex at) {
    const Item& item = store.items[at];
    if (!item.deleted()) {
      visit(at);
    } else if (item.clock() < state_before(item.client())) {
      // It will be collected, and may then join others; the delete set does not say so.
      transaction.seams.push_back({item.client(), item.clock()});
    }
  };
  visit(index);
  while (!frames.empty()) {
    Frame& frame = frames.back();
    if (frame.next != none) {
      const ItemIndex at = frame.next;
      frame.next = store.items[at].right();
      visit_child(at);
    } else if (frame.key < types[frame.type].keys.list().size()) {
      visit_child(chains[types[frame.type].keys.list()[frame.key++].chain].last);
    } else {
      frames.pop_back();
    }
  }
}

IdRange DocState::apply_delete(const IdRange& range) {
  const ClientSlot slot = store.find_slot(range.client);
  const Clock state = slot == none ? 0 : store.client(slot).state;
  if (range.clock >= state) return range;
  const Clock end = range.end();
  const StructIndex& structs = store.client(slot).structs;
  StructIndex::Position at = store.position(store.client(slot), range.clock);
  {
    const ItemIndex first = structs[at];
    const Item& item = store.items[first];
    if (!item.deleted() && item.clock() < range.clock) {
      split(first, range.clock - item.clock(), at);
      at = store.position(store.client(slot), range.clock);
    }
  }
  for (; !structs.at_end(at); at = structs.next(at)) {
    const ItemIndex index = structs[at];
    const Item& item = store.items[index];
    if (item.clock() >= end) break;
    if (item.deleted()) continue;
    if (end < item.end()) {
      split(index, end - item.clock(), at);
      delete_item(index);
      break;
    }
    delete_item(index);
  }
  if (state >= end) return {range.client, end, 0};
  return {range.client, state, end - state};
}

// Whether two that follow each other in clock are one run.
inline bool DocState::joins(ItemIndex left_index, ItemIndex right_index) const {
  const Item& left = store.items[left_index];
  const Item& right = store.items[right_index];
  if (left.kind() != right.kind() || left.deleted() != right.deleted()) return false;
  return left.is_gc() || (right.follows(left) && left.right() == right_index &&
                          is_run(left.kind()) && left.same_right_origin(right));
}

// REQUIRES: joins(left, right).
void DocState::join(ItemIndex left_index, ItemIndex right_index) {
  Item& left = store.items[left_index];
  const Item& right = store.items[right_index];
  if (left.is_gc()) return store.join(left_index, right_index);
  conflicts.erase(right_index);
  left.set_right(right.right());
  if (Chain& chain = chains[left.chain()]; chain.last == right_index) chain.last = left_index;
  positions.erase(right_index);
  store.join(left_index, right_index);
  positions.resize(left_index, left.visible() ? left.length() : 0);
}

std::size_t DocState::join_lefts(ClientSlot slot, StructIndex::Position& position) {
  StructIndex& structs = store.client(slot).structs;
  std::size_t joined = 0;
  while (!structs.at_begin(position)) {
    const ItemIndex right = structs[position];
    const ItemIndex left = structs[structs.previous(position)];
    if (!joins(left, right)) break;
    join(left, right);
    store.items.release(right);
    position = structs.erase(store.items, position);
    ++joined;
  }
  return joined;
}

// By client, in the order in which each had its first deletion: a JavaScript Map's, and what yjs
// tidies up after one client decides what it still looks at after the next.
void DocState::sort_deleted() {
  auto& runs = transaction.deleted;
  if (runs.size() < 2) return;
  std::unordered_map<ClientSlot, std::size_t> places;  // Never iterated.
  ClientSlot last_client = none;
  for (const DeletedRun& run : runs) {
    if (run.client != last_client) places.try_emplace(run.client, places.size());
    last_client = run.client;
  }
  const bool one_client = places.size() == 1;
  std::sort(runs.begin(), runs.end(), [&](const DeletedRun& a, const DeletedRun& b) {
    if (one_client || a.client == b.client) return a.clock < b.clock;
    return places.find(a.client)->second < places.find(b.client)->second;
  });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < runs.size(); ++i) {
    DeletedRun& last = runs[kept];
    const Clock end = runs[i].clock + runs[i].length;
    if (runs[i].client == last.client && runs[i].clock <= last.clock + last.length) {
      last.length = std::max(last.clock + last.length, end) - last.clock;
    } else {
      runs[++kept] = runs[i];
    }
  }
  runs.resize(kept + 1);
}

// From right to left down to the struct that begins at `clock` or before it, so that what goes away
// moves nothing that is still to be looked at.
void DocState::join_down(ClientSlot slot, StructIndex::Position position, Clock clock) {
  const StructIndex& structs = store.client(slot).structs;
  while (!structs.at_begin(position) && store.items[structs[position]].clock() >= clock) {
    const StructIndex::Position before = structs.previous(position);
    if (!joins(structs[before], structs[position])) {
      position = before;
      continue;
    }
    join_lefts(slot, position);
    if (structs.at_begin(position)) break;
    position = structs.previous(position);
  }
}

void DocState::join_deleted(const std::vector<DeletedRun>& runs) {
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    const ClientStructs& client = store.client(run->client);
    StructIndex::Position at = store.position(client, run->clock + run->length - 1);
    if (at != client.structs.last()) at = client.structs.next(at);
    join_down(run->client, at, run->clock);
  }
}

void DocState::join_inserted() {
  for (const ClientSlot slot : transaction.touched) {
    const ClientStructs& client = store.client(slot);
    if (client.state == client.state_before) continue;
    const Item& first = store.items[client.structs[store.position(client, client.state_before)]];
    join_down(slot, client.structs.last(), first.clock());
  }
}

void DocState::join_around(Transaction::Place place) {
  const StructIndex& structs = store.client(place.client).structs;
  StructIndex::Position at = store.position(store.client(place.client), place.clock);
  if (at != structs.last()) {
    StructIndex::Position after = structs.next(at);
    const std::size_t joined = join_lefts(place.client, after);
    if (joined > 1) return;
    if (joined == 1) at = after;
  }
  join_lefts(place.client, at);
}

void DocState::finish_structures() {
  if (options.gc) collect_deleted();
  join_deleted(transaction.deleted);
  join_inserted();
  // Later seams first, like yjs. (Joining may move the bounds of those before.)
  for (std::size_t i = transaction.seams.size(); i-- > 0;) join_around(transaction.seams[i]);
  for (const DeletedRun& run : transaction.deleted) store.compact(run.client);
}

void DocState::commit() {
  SYNCLINE_ASSERT(transaction.open);
  if (transaction.local && has_pending()) {
    const auto& touched = transaction.touched;
    touched_locally_.insert(touched_locally_.end(), touched.begin(), touched.end());
  }
  sort_deleted();
  if (!needs_formatting_cleanup()) {
    finish_structures();
    transaction.open = false;
    return;
  }
  // yjs deletes superfluous formats in a transaction of its own, which it begins before it tidies
  // up after the first one.
  Transaction first = transaction;
  transaction.open = false;
  std::vector<Transaction::Place> inserted;
  for (const ClientSlot slot : first.touched) {
    inserted.push_back({slot, store.client(slot).state_before});
  }
  begin(true);
  cleanup_formatting(first.deleted, inserted);
  sort_deleted();
  std::swap(first, transaction);
  // Finish the first with its own states, which `touched_in` and `state_before` still hold.
  finish_structures();
  std::swap(first, transaction);
  finish_structures();
  transaction.open = false;
}

}  // namespace syncline::crdt
