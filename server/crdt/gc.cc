// What may be forgotten: the contents of what is deleted, and all that a deleted type held.

#include "server/crdt/doc_state.h"

namespace syncline::crdt {

// Forgets one deleted item's content. Of a type that held something, what it held is put on `work`.
void DocState::collect(ItemIndex index, bool parent_collected, std::vector<ItemIndex>& work) {
  Item& item = store.items[index];
  if (item.is_gc()) return;
  if (item.kind() == StructKind::type) {
    Type& type = types[item.type()];
    const auto add_all = [&](ChainIndex chain) {
      for (ItemIndex at = chains[chain].first; at != none; at = store.items[at].right()) {
        work.push_back(at);
      }
      chains[chain].first = chains[chain].last = none;
      conflicts.drop(chain);
      walks_.erase(chain);
    };
    add_all(type.list);
    for (const TypeKeys::Entry& entry : type.keys.list()) add_all(entry.chain);
    positions.drop(type.list);
    type.keys.clear();
    type.alive = false;
    type.item = none;
  }
  store.drop_content(index);
  if (!parent_collected) {
    item.set_kind(StructKind::deleted);
    return;
  }
  item.set_kind(StructKind::gc);
  item.set_deleted();  // The front of a key's value that was cut may not be: see check().
  item.set_chain(none);
  item.set_right(none);
  item.set_origin(none, 0);
  item.set_right_origin(none, 0);
}

void DocState::collect_deleted() {
  std::vector<ItemIndex> work;
  for (const DeletedRun& run : transaction.deleted) {
    const ClientStructs& client = store.client(run.client);
    const Clock end = run.clock + run.length;
    for (StructIndex::Position at = store.position(client, run.clock); !client.structs.at_end(at);
         at = client.structs.next(at)) {
      const ItemIndex index = client.structs[at];
      const Item& item = store.items[index];
      if (item.clock() >= end) break;
      if (item.is_gc() || !item.deleted() || item.kind() == StructKind::deleted) continue;
      collect(index, false, work);
      while (!work.empty()) {
        const ItemIndex child = work.back();
        work.pop_back();
        collect(child, true, work);
      }
    }
  }
}

}  // namespace syncline::crdt
