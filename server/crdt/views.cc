// The views of shared types other than texts, and how to get from one to another.

#include "server/base/assert.h"
#include "server/crdt/array.h"
#include "server/crdt/doc_state.h"
#include "server/crdt/edit.h"
#include "server/crdt/map.h"
#include "server/crdt/read.h"
#include "server/crdt/text.h"
#include "server/crdt/xml.h"

namespace syncline::crdt {
namespace {

Result<SharedType> view(DocState& doc, const Result<TypeIndex>& type) {
  if (!type.ok()) return type.error();
  return SharedType(doc, *type);
}

}  // namespace

TypeKind SharedType::kind() const { return doc_->types[type_].kind; }
Clock SharedType::length() const { return doc_->types[type_].length; }

std::optional<SharedType> SharedType::child(Clock index) const {
  for (ItemIndex at = doc_->start(doc_->types[type_]); at != none;
       at = doc_->store.items[at].right()) {
    const Item& item = doc_->store.items[at];
    if (!item.visible()) continue;
    if (index < item.length()) {
      if (item.kind() != StructKind::type) return std::nullopt;
      return SharedType(*doc_, item.type());
    }
    index -= item.length();
  }
  return std::nullopt;
}

std::optional<SharedType> SharedType::child(std::string_view key) const {
  const StringIndex sub = doc_->find_name(key);
  const ItemIndex at = doc_->newest(type_, sub);
  if (at == none) return std::nullopt;
  const Item& item = doc_->store.items[at];
  if (item.deleted() || item.kind() != StructKind::type) return std::nullopt;
  return SharedType(*doc_, item.type());
}

Text SharedType::as_text() const {
  SYNCLINE_ASSERT(is_text(kind()));
  return {*doc_, type_};
}
Array SharedType::as_array() const {
  SYNCLINE_ASSERT(kind() == TypeKind::array);
  return {*doc_, type_};
}
Map SharedType::as_map() const {
  SYNCLINE_ASSERT(kind() == TypeKind::map || kind() == TypeKind::xml_hook);
  return {*doc_, type_};
}
XmlFragment SharedType::as_xml_fragment() const {
  SYNCLINE_ASSERT(kind() == TypeKind::xml_fragment || kind() == TypeKind::xml_element);
  return {*doc_, type_};
}
XmlElement SharedType::as_xml_element() const {
  SYNCLINE_ASSERT(kind() == TypeKind::xml_element);
  return {*doc_, type_};
}

Result<void> Array::insert(Clock index, std::span<const lib0::Any> values) {
  return list_insert(*doc_, type_, index, values);
}
Result<SharedType> Array::insert_type(Clock index, TypeKind kind) {
  if (has_name(kind) || kind == TypeKind::unknown) return ErrorCode::invalid_argument;
  return view(*doc_, list_insert_type(*doc_, type_, index, kind, {}));
}
Result<void> Array::remove(Clock index, Clock length) {
  return list_remove(*doc_, type_, index, length);
}

Result<void> Map::set(std::string_view key, const lib0::Any& value) {
  return map_set(*doc_, type_, key, value);
}
Result<SharedType> Map::set_type(std::string_view key, TypeKind kind) {
  return view(*doc_, map_set_type(*doc_, type_, key, kind));
}
Result<void> Map::remove(std::string_view key) { return map_remove(*doc_, type_, key); }

Result<SharedType> XmlFragment::insert_element(Clock index, std::string_view name) {
  return view(*doc_, list_insert_type(*doc_, type_, index, TypeKind::xml_element, name));
}
Result<SharedType> XmlFragment::insert_text(Clock index) {
  return view(*doc_, list_insert_type(*doc_, type_, index, TypeKind::xml_text, {}));
}
Result<void> XmlFragment::remove(Clock index, Clock length) {
  return list_remove(*doc_, type_, index, length);
}
std::string XmlFragment::to_string() const { return xml_list_string(*doc_, doc_->types[type_]); }

Result<void> XmlElement::set_attribute(std::string_view key, const lib0::Any& value) {
  return map_set(*doc_, type_, key, value);
}
Result<void> XmlElement::remove_attribute(std::string_view key) {
  return map_remove(*doc_, type_, key);
}

}  // namespace syncline::crdt
