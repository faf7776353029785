// After a remote change of a formatted text, yjs deletes formats that have become superfluous. All
// replicas do, so this one does too: what it holds is then what theirs hold. It concerns texts that
// are known to be texts: nested ones, and roots that somebody has opened as a text.

#include <map>
#include <set>
#include <string>

#include "server/crdt/doc_state.h"
#include "server/crdt/text_formats.h"

namespace syncline::crdt {

bool DocState::needs_formatting_cleanup() const {
  if (transaction.local) return false;
  for (const TypeIndex index : transaction.changed) {
    const Type& type = types[index];
    if (type.alive && type.has_formatting && !type_deleted(type)) return true;
  }
  return false;
}

namespace {

// Near a deletion, of several formats with one key in a gap between contents only the last counts.
void clean_gap(DocState& doc, ItemIndex at) {
  const auto in_gap = [&](ItemIndex index) {
    const Item& item = doc.store.items[index];
    return item.deleted || !is_countable(item.kind);
  };
  while (doc.store.items[at].right != none && in_gap(doc.store.items[at].right)) {
    at = doc.store.items[at].right;
  }
  std::set<std::string_view> seen;
  while (at != none && in_gap(at)) {
    const Item& item = doc.store.items[at];
    const ItemIndex left = item.left;
    if (!item.deleted && item.kind == StructKind::format) {
      if (!seen.insert(format_of(doc, item).key).second) doc.delete_item(at);
    }
    at = left;
  }
}

void clean_text(DocState& doc, TypeIndex index) {
  Formats current;
  Formats at_start;
  ItemIndex start = doc.types[index].start;
  for (ItemIndex end = start; end != none; end = doc.store.items[end].right) {
    const Item& item = doc.store.items[end];
    if (item.deleted) continue;
    if (item.kind == StructKind::format) {
      current.update(format_of(doc, item));
    } else {
      clean_formatting_gap(doc, start, end, at_start, current);
      at_start = current;
      start = end;
    }
  }
}

}  // namespace

void DocState::cleanup_formatting(const std::vector<DeletedRun>& deleted,
                                  const std::vector<Transaction::Place>& inserted) {
  std::vector<TypeIndex> whole;  // In the order of discovery.
  std::set<TypeIndex> is_whole;
  const auto add = [&](TypeIndex type) {
    if (is_whole.insert(type).second) whole.push_back(type);
  };
  for (const Transaction::Place& place : inserted) {
    const ClientStructs& client = store.client(place.client);
    if (client.state == place.clock) continue;
    for (std::size_t at = store.position(client, place.clock); at < client.structs.size(); ++at) {
      const Item& item = store.items[client.structs[at].item];
      if (!item.deleted && item.kind == StructKind::format) add(item.parent);
    }
  }
  for (const DeletedRun& run : deleted) {
    const ClientStructs& client = store.client(run.client);
    const Clock end = run.clock + run.length;
    for (std::size_t at = store.position(client, run.clock);
         at < client.structs.size() && client.structs[at].clock < end; ++at) {
      const Item& item = store.items[client.structs[at].item];
      if (item.is_gc() || !types[item.parent].has_formatting || is_whole.contains(item.parent)) {
        continue;
      }
      if (item.kind == StructKind::format) {
        add(item.parent);
      } else {
        clean_gap(*this, client.structs[at].item);
      }
    }
  }
  for (const TypeIndex type : whole) clean_text(*this, type);
}

}  // namespace syncline::crdt
