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
  if (transaction.local || !options.tidies_formats) return false;
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
    return item.deleted() || !is_countable(item.kind());
  };
  // yjs walks to the gap's end, and from there back over all of the gap. Items know only what
  // follows them; the gap's beginning is found from the start of the list.
  const Chain& list = doc.chains[doc.store.items[at].chain()];
  std::vector<ItemIndex> formats;
  bool reached = false;
  for (ItemIndex o = list.first; o != none; o = doc.store.items[o].right()) {
    const Item& item = doc.store.items[o];
    if (!in_gap(o)) {
      if (reached) break;
      formats.clear();
    } else if (!item.deleted() && item.kind() == StructKind::format) {
      formats.push_back(o);
    }
    reached |= o == at;
  }
  std::set<std::string_view> seen;
  for (auto format = formats.rbegin(); format != formats.rend(); ++format) {
    const Item& item = doc.store.items[*format];
    if (!seen.insert(format_of(doc, item).key).second) doc.delete_item(*format);
  }
}

void clean_text(DocState& doc, TypeIndex index) {
  Formats current;
  Formats at_start;
  ItemIndex start = doc.start(doc.types[index]);
  for (ItemIndex end = start; end != none; end = doc.store.items[end].right()) {
    const Item& item = doc.store.items[end];
    if (item.deleted()) continue;
    if (item.kind() == StructKind::format) {
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
    for (StructIndex::Position at = store.position(client, place.clock); !client.structs.at_end(at);
         at = client.structs.next(at)) {
      const Item& item = store.items[client.structs[at]];
      if (!item.deleted() && item.kind() == StructKind::format) add(parent_of(item));
    }
  }
  for (const DeletedRun& run : deleted) {
    const ClientStructs& client = store.client(run.client);
    const Clock end = run.clock + run.length;
    for (StructIndex::Position at = store.position(client, run.clock); !client.structs.at_end(at);
         at = client.structs.next(at)) {
      const Item& item = store.items[client.structs[at]];
      if (item.clock() >= end) break;
      const TypeIndex parent = parent_of(item);
      if (parent == none || !types[parent].has_formatting || is_whole.contains(parent)) continue;
      if (item.kind() == StructKind::format) {
        add(parent);
      } else {
        clean_gap(*this, client.structs[at]);
      }
    }
  }
  for (const TypeIndex type : whole) clean_text(*this, type);
}

}  // namespace syncline::crdt
