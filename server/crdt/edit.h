#pragma once

#include <span>
#include <string_view>

#include "server/crdt/doc_state.h"

// Local edits of lists and maps, as the views make them.

namespace syncline::crdt {

// A transaction around one edit, unless there is one already.
class EditScope {
 public:
  explicit EditScope(DocState& doc) : doc_(doc), mine_(!doc.transaction.open) {
    if (mine_) doc_.begin(true);
  }
  ~EditScope() {
    if (mine_) doc_.commit();
  }
  EditScope(const EditScope&) = delete;
  EditScope& operator=(const EditScope&) = delete;

 private:
  DocState& doc_;
  const bool mine_;
};

// Fails if the type is gone, or if the client's clock could not count `elements` more.
Result<void> check_editable(const DocState& doc, TypeIndex type, Clock elements);

struct NewContent {
  StructKind kind;
  Clock length;
  BytesView bytes;
};

// Makes an item of this document's client between two neighbours. Returns it.
ItemIndex insert_between(DocState& doc, TypeIndex parent, ItemIndex left, ItemIndex right,
                         const NewContent& content, StringIndex sub = none);

// The item after which something inserted at `index` goes, cut there if need be.
// REQUIRES: index <= the list's length.
ItemIndex list_position(DocState& doc, TypeIndex list, Clock index);

Result<void> list_insert(DocState& doc, TypeIndex list, Clock index,
                         std::span<const lib0::Any> values);
Result<TypeIndex> list_insert_type(DocState& doc, TypeIndex list, Clock index, TypeKind kind,
                                   std::string_view name);
Result<void> list_remove(DocState& doc, TypeIndex list, Clock index, Clock length);

Result<void> map_set(DocState& doc, TypeIndex map, std::string_view key, const lib0::Any& value);
Result<TypeIndex> map_set_type(DocState& doc, TypeIndex map, std::string_view key, TypeKind kind);
Result<void> map_remove(DocState& doc, TypeIndex map, std::string_view key);

}  // namespace syncline::crdt
