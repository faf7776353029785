#include <algorithm>
#include <map>

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

void DocState::touch(ClientSlot slot) {
  ClientStructs& client = store.client(slot);
  if (client.touched_in == transaction.number) return;
  client.touched_in = transaction.number;
  client.state_before = client.state;
  transaction.touched.push_back(slot);
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
    if (holder.deleted || holder.clock >= state_before(holder.client)) return;
  }
  type.changed_in = transaction.number;
  transaction.changed.push_back(index);
}

// Deleting a type deletes what is in it, depth first, in yjs' order; with a stack of our own, since
// the depth is not ours to choose.
void DocState::delete_item(ItemIndex index) {
  struct Frame {
    TypeIndex type;
    ItemIndex next;     // The list's next item.
    std::size_t entry;  // The map's next entry.
  };
  std::vector<Frame> frames;
  const auto visit = [&](ItemIndex at) {
    Item& item = store.items[at];
    if (item.deleted) return;
    if (item.sub == none && item.visible()) types[item.parent].length -= item.length;
    item.deleted = true;
    hint = {};
    transaction.deleted.push_back({item.client, item.clock, item.length});
    mark_changed(item.parent);
    if (item.kind == StructKind::type) frames.push_back({item.type, types[item.type].start, 0});
  };
  const auto visit_child = [&](ItemIndex at) {
    const Item& item = store.items[at];
    if (!item.deleted) {
      visit(at);
    } else if (item.clock < state_before(item.client)) {
      // It will be collected, and may then join others; the delete set does not say so.
      transaction.seams.push_back({item.client, item.clock});
    }
  };
  visit(index);
  while (!frames.empty()) {
    Frame& frame = frames.back();
    if (frame.next != none) {
      const ItemIndex at = frame.next;
      frame.next = store.items[at].right;
      visit_child(at);
    } else if (frame.entry < types[frame.type].entries.list().size()) {
      visit_child(types[frame.type].entries.list()[frame.entry++].item);
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
  std::size_t at = store.position(store.client(slot), range.clock);
  {
    const ItemIndex first = store.client(slot).structs[at].item;
    const Item& item = store.items[first];
    if (!item.deleted && item.clock < range.clock) {
      split(first, range.clock - item.clock);
      ++at;
    }
  }
  while (at < store.client(slot).structs.size()) {
    const ItemIndex index = store.client(slot).structs[at++].item;
    const Item& item = store.items[index];
    if (item.clock >= end) break;
    if (item.deleted) continue;
    if (end < item.end()) split(index, end - item.clock);
    delete_item(index);
  }
  if (state >= end) return {range.client, end, 0};
  return {range.client, state, end - state};
}

bool DocState::try_join(ItemIndex left_index, ItemIndex right_index) {
  Item& left = store.items[left_index];
  const Item& right = store.items[right_index];
  if (left.kind != right.kind || left.deleted != right.deleted) return false;
  if (left.is_gc()) {
    left.length += right.length;
    return true;
  }
  const bool continues = right.origin_client == left.client &&
                         right.origin_clock == left.end() - 1 && left.right == right_index;
  if (!continues || !is_run(left.kind)) return false;
  if (left.right_origin_client != right.right_origin_client ||
      (left.right_origin_client != none && left.right_origin_clock != right.right_origin_clock)) {
    return false;
  }
  if (left.content_at + left.content_size == right.content_at || right.content_size == 0) {
    left.content_size += right.content_size;
  } else {
    // Only after a surrogate pair was cut do neighbours lie apart.
    Bytes both = to_bytes(store.content(left));
    const BytesView rest = store.content(right);
    both.insert(both.end(), rest.begin(), rest.end());
    store.client(left.client).garbage += both.size();
    store.store_content(left, both);
  }
  if (hint.item == right_index && hint.type != none) {
    hint.item = left_index;
    if (left.visible()) hint.index -= left.length;
  }
  left.right = right.right;
  if (left.right != none) store.items[left.right].left = left_index;
  left.length += right.length;
  if (right.sub != none) {
    TypeEntries& entries = types[right.parent].entries;
    if (entries.find(right.sub) == right_index) entries.set(right.sub, left_index);
  }
  return true;
}

std::size_t DocState::join_lefts(ClientSlot slot, std::size_t position) {
  auto& structs = store.client(slot).structs;
  std::size_t at = position;
  while (at > 0 && try_join(structs[at - 1].item, structs[at].item)) {
    store.items.release(structs[at].item);
    --at;
  }
  structs.erase(structs.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                structs.begin() + static_cast<std::ptrdiff_t>(position) + 1);
  return position - at;
}

// By client, in the order in which each had its first deletion: a JavaScript Map's, and what yjs
// tidies up after one client decides what it still looks at after the next.
void DocState::sort_deleted() {
  auto& runs = transaction.deleted;
  if (runs.size() < 2) return;
  std::map<ClientSlot, std::size_t> order;
  for (const DeletedRun& run : runs) order.try_emplace(run.client, order.size());
  std::sort(runs.begin(), runs.end(), [&](const DeletedRun& a, const DeletedRun& b) {
    return a.client != b.client ? order.find(a.client)->second < order.find(b.client)->second
                                : a.clock < b.clock;
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

// From right to left, so that removing structs moves nothing that is still to be looked at.
void DocState::join_deleted(const std::vector<DeletedRun>& runs) {
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    const ClientStructs& client = store.client(run->client);
    std::size_t at = std::min(client.structs.size() - 1,
                              1 + store.position(client, run->clock + run->length - 1));
    while (at > 0 && client.structs[at].clock >= run->clock) {
      const std::size_t joined = join_lefts(run->client, at);
      if (joined + 1 > at) break;
      at -= joined + 1;
    }
  }
}

void DocState::join_inserted() {
  for (const ClientSlot slot : transaction.touched) {
    const ClientStructs& client = store.client(slot);
    if (client.state == client.state_before) continue;
    const std::size_t first = std::max<std::size_t>(store.position(client, client.state_before), 1);
    std::size_t at = client.structs.size() - 1;
    while (at >= first) {
      const std::size_t joined = join_lefts(slot, at);
      if (joined + 1 > at) break;
      at -= joined + 1;
    }
  }
}

void DocState::join_around(Transaction::Place place) {
  const ClientStructs& client = store.client(place.client);
  const std::size_t at = store.position(client, place.clock);
  if (at + 1 < client.structs.size() && join_lefts(place.client, at + 1) > 1) return;
  if (at > 0) join_lefts(place.client, at);
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
