#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "server/base/result.h"
#include "server/crdt/content.h"
#include "server/crdt/id.h"
#include "server/lib0/any.h"

namespace syncline::crdt {

class Array;
class DocState;
class Map;
class Text;
class XmlElement;
class XmlFragment;
class XmlText;

// A shared type of one document, to be read and edited: what Text, Array, Map and the XML types
// have in common. A small value that refers to the document; invalid after the document is gone. A
// type that has been deleted from its document refuses edits with not_found.
//
// All positions count elements: UTF-16 units in a text, values elsewhere. An edit that is out of
// range changes nothing and returns invalid_argument.
class SharedType {
 public:
  SharedType(DocState& doc, std::uint32_t type) : doc_(&doc), type_(type) {}

  TypeKind kind() const;
  Clock length() const;

  // The type that stands at a place of the list, or under a key of the map; nothing if there is
  // none.
  std::optional<SharedType> child(Clock index) const;
  std::optional<SharedType> child(std::string_view key) const;

  // The same type by its proper view. REQUIRES: it is of that kind.
  Text as_text() const;
  Array as_array() const;
  Map as_map() const;
  XmlFragment as_xml_fragment() const;
  XmlElement as_xml_element() const;

 protected:
  DocState* doc_;
  std::uint32_t type_;  // A TypeIndex.
};

}  // namespace syncline::crdt
