#include "server/crdt/edit.h"

#include "server/base/utf8.h"
#include "server/lib0/encoder.h"

namespace syncline::crdt {
namespace {

bool goes_into_any(const lib0::Any& value) { return value.as_bytes() == nullptr; }

lib0::Encoder type_content(TypeKind kind, std::string_view name) {
  lib0::Encoder encoder;
  encoder.write_var_uint(static_cast<std::uint64_t>(kind));
  if (has_name(kind)) encoder.write_var_string(name);
  return encoder;
}

Result<void> check_new_type(const DocState& doc, TypeIndex parent, std::string_view name) {
  if (!is_utf8(name)) return ErrorCode::invalid_utf8;
  if (doc.types[parent].depth >= doc.options.nesting_depth_max) return ErrorCode::too_deep;
  return {};
}

// What one value becomes in a map.
ItemIndex insert_value(DocState& doc, TypeIndex map, ItemIndex left, StringIndex key,
                       const lib0::Any& value) {
  if (const Bytes* bytes = value.as_bytes()) {
    return insert_between(doc, map, left, none, {StructKind::binary, 1, *bytes}, key);
  }
  lib0::Encoder encoder;
  lib0::write_any(encoder, value);
  return insert_between(doc, map, left, none, {StructKind::any, 1, encoder.view()}, key);
}

}  // namespace

Result<void> check_editable(const DocState& doc, TypeIndex type, Clock elements) {
  if (!doc.types[type].alive || doc.type_deleted(doc.types[type])) return ErrorCode::not_found;
  const Clock state = doc.store.state(doc.options.client_id);
  if (elements > Item::clock_max - state) return ErrorCode::too_large;
  return {};
}

ItemIndex insert_between(DocState& doc, TypeIndex parent, ItemIndex left, ItemIndex right,
                         const NewContent& content, StringIndex sub) {
  const ClientSlot client = doc.store.slot(doc.options.client_id);
  const ItemIndex index = doc.store.items.allocate();
  Item& item = doc.store.items[index];
  item.set_client(client);
  item.set_clock(doc.store.client(client).state);
  item.set_length(content.length);
  item.set_kind(content.kind);
  item.set_chain(sub == none ? doc.types[parent].list : doc.key_chain(parent, sub));
  item.set_right(right);
  if (left != none) {
    const Item& neighbour = doc.store.items[left];
    item.set_origin(neighbour.client(), neighbour.end() - 1);
  }
  if (right != none) {
    const Item& neighbour = doc.store.items[right];
    item.set_right_origin(neighbour.client(), neighbour.clock());
  }
  if (content.kind == StructKind::type) {
    item.set_type(doc.add_type(index, content.bytes));
  } else {
    doc.store.store_content(index, content.bytes);
  }
  doc.place(index, left);
  return index;
}

ItemIndex list_position(DocState& doc, TypeIndex list, Clock index) {
  if (index == 0) return none;
  const PositionIndex::Place place = doc.find_position(list, index);
  const Clock inside = index - place.before;
  if (inside < doc.store.items[place.item].length()) doc.split(place.item, inside);
  return place.item;
}

Result<void> list_insert(DocState& doc, TypeIndex list, Clock index,
                         std::span<const lib0::Any> values) {
  SYNCLINE_TRY(check_editable(doc, list, values.size()));
  if (index > doc.types[list].length) return ErrorCode::invalid_argument;
  for (const lib0::Any& value : values) {
    if (value.is_undefined() || value.as_bigint()) return ErrorCode::invalid_argument;
  }
  EditScope scope(doc);
  ItemIndex left = list_position(doc, list, index);
  const ItemIndex right = left == none ? doc.start(doc.types[list]) : doc.store.items[left].right();
  for (std::size_t i = 0; i < values.size();) {
    if (const Bytes* bytes = values[i].as_bytes()) {
      left = insert_between(doc, list, left, right, {StructKind::binary, 1, *bytes});
      ++i;
      continue;
    }
    lib0::Encoder encoder;
    Clock count = 0;
    for (; i < values.size() && goes_into_any(values[i]); ++i, ++count) {
      lib0::write_any(encoder, values[i]);
    }
    left = insert_between(doc, list, left, right, {StructKind::any, count, encoder.view()});
  }
  return {};
}

Result<TypeIndex> list_insert_type(DocState& doc, TypeIndex list, Clock index, TypeKind kind,
                                   std::string_view name) {
  SYNCLINE_TRY(check_editable(doc, list, 1));
  SYNCLINE_TRY(check_new_type(doc, list, name));
  if (index > doc.types[list].length) return ErrorCode::invalid_argument;
  EditScope scope(doc);
  const ItemIndex left = list_position(doc, list, index);
  const ItemIndex right = left == none ? doc.start(doc.types[list]) : doc.store.items[left].right();
  const lib0::Encoder content = type_content(kind, name);
  const ItemIndex item =
      insert_between(doc, list, left, right, {StructKind::type, 1, content.view()});
  return doc.store.items[item].type();
}

Result<void> list_remove(DocState& doc, TypeIndex list, Clock index, Clock length) {
  SYNCLINE_TRY(check_editable(doc, list, 0));
  const Clock whole = doc.types[list].length;
  if (index > whole || length > whole - index) return ErrorCode::invalid_argument;
  if (length == 0) return {};
  EditScope scope(doc);
  const ItemIndex left = list_position(doc, list, index);
  ItemIndex at = left == none ? doc.start(doc.types[list]) : doc.store.items[left].right();
  for (; length > 0 && at != none; at = doc.store.items[at].right()) {
    const Item& item = doc.store.items[at];
    if (!item.visible()) continue;
    if (length < item.length()) doc.split(at, length);
    length -= item.length();
    doc.delete_item(at);
  }
  return {};
}

Result<void> map_set(DocState& doc, TypeIndex map, std::string_view key, const lib0::Any& value) {
  SYNCLINE_TRY(check_editable(doc, map, 1));
  if (!is_utf8(key)) return ErrorCode::invalid_utf8;
  EditScope scope(doc);
  const StringIndex sub = doc.intern(key);
  insert_value(doc, map, doc.newest(map, sub), sub, value);
  return {};
}

Result<TypeIndex> map_set_type(DocState& doc, TypeIndex map, std::string_view key, TypeKind kind) {
  SYNCLINE_TRY(check_editable(doc, map, 1));
  SYNCLINE_TRY(check_new_type(doc, map, key));
  if (has_name(kind) || kind == TypeKind::unknown) return ErrorCode::invalid_argument;
  EditScope scope(doc);
  const StringIndex sub = doc.intern(key);
  const lib0::Encoder content = type_content(kind, {});
  const ItemIndex item = insert_between(doc, map, doc.newest(map, sub), none,
                                        {StructKind::type, 1, content.view()}, sub);
  return doc.store.items[item].type();
}

Result<void> map_remove(DocState& doc, TypeIndex map, std::string_view key) {
  SYNCLINE_TRY(check_editable(doc, map, 0));
  const StringIndex sub = doc.find_name(key);
  const ItemIndex item = doc.newest(map, sub);
  if (item == none) return {};
  EditScope scope(doc);
  doc.delete_item(item);
  return {};
}

}  // namespace syncline::crdt
