#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
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
struct Comparison;
struct RelativePosition;
struct Version;

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

  // A place in the list that stays where it is while others edit: yjs'
  // createRelativePositionFromTypeIndex. With assoc >= 0 it sticks to the element after it, else to
  // the one before it. Beyond the end is the end. Fails with not_found if the type has been
  // collected.
  Result<RelativePosition> relative_position(Clock index, std::int64_t assoc = 0) const;

  // As it was: see the functions of the same names in Doc.
  std::string delta_json(const Comparison& comparison) const;
  std::string array_json(const Version& version) const;
  std::string map_json(const Version& version) const;
  // yjs' typeMapGetSnapshot: the value of one key, empty for undefined.
  std::string entry_json(std::string_view key, const Version& version) const;

 protected:
  DocState* doc_;
  std::uint32_t type_;  // A TypeIndex.
};

}  // namespace syncline::crdt
