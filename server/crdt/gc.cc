// What may be forgotten: the contents of what is deleted, and all that a deleted type held.

#include "server/crdt/doc_state.h"

namespace syncline::crdt {

// Forgets one deleted item's content. Of a type that held something, what it held is put on `work`.
void DocState::collect(ItemIndex index, bool parent_collected, std::vector<ItemIndex>& work) {
  Item& item = store.items[index];
  if (item.is_gc()) return;
  if (parent_collected && hint.item == index) hint = {};
  if (item.kind == StructKind::type) {
    Type& type = types[item.type];
    for (ItemIndex at = type.start; at != none; at = store.items[at].right) work.push_back(at);
    for (const TypeEntries::Entry& entry : type.entries.list()) {
      for (ItemIndex at = entry.item; at != none; at = store.items[at].left) work.push_back(at);
    }
    type.start = none;
    type.entries.clear();
    type.alive = false;
    type.item = none;
    item.type = none;
  }
  store.drop_content(item);
  if (!parent_collected) {
    item.kind = StructKind::deleted;
    return;
  }
  item.kind = StructKind::gc;
  item.parent = none;
  item.sub = none;
  item.origin_client = none;
  item.right_origin_client = none;
}

void DocState::collect_deleted() {
  std::vector<ItemIndex> work;
  for (const DeletedRun& run : transaction.deleted) {
    const ClientStructs& client = store.client(run.client);
    const Clock end = run.clock + run.length;
    for (std::size_t at = store.position(client, run.clock);
         at < client.structs.size() && client.structs[at].clock < end; ++at) {
      const ItemIndex index = client.structs[at].item;
      const Item& item = store.items[index];
      if (item.is_gc() || !item.deleted || item.kind == StructKind::deleted) continue;
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
