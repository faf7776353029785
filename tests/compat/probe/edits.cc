#include "tests/compat/probe/edits.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "server/crdt/array.h"
#include "server/crdt/map.h"
#include "server/crdt/text.h"
#include "server/crdt/xml.h"
#include "server/lib0/any.h"
#include "server/lib0/decoder.h"
#include "server/lib0/json.h"

namespace syncline::probe {

namespace {

using crdt::SharedType;
using lib0::Any;

// The properties of one edit. What is missing reads as empty: the tests write what they mean.
class Edit {
 public:
  explicit Edit(const Any& json) : json_(json) {}

  std::string_view op() const { return text("op"); }
  std::string_view text(std::string_view key) const {
    const Any* value = json_.find(key);
    return value && value->as_string() ? std::string_view(*value->as_string()) : "";
  }
  std::uint64_t number(std::string_view key) const {
    const Any* value = json_.find(key);
    return value && value->as_number() ? static_cast<std::uint64_t>(*value->as_number()) : 0;
  }
  const Any& value(std::string_view key) const {
    static const Any undefined;
    const Any* value = json_.find(key);
    return value ? *value : undefined;
  }
  Any::Array list(std::string_view key) const {
    const Any* value = json_.find(key);
    return value && value->as_array() ? *value->as_array() : Any::Array();
  }

 private:
  const Any& json_;
};

Result<Any> any_from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  }
  lib0::Decoder decoder(bytes);
  return lib0::read_any(decoder);
}

Result<crdt::TypeKind> type_kind(std::string_view name) {
  if (name == "text") return crdt::TypeKind::text;
  if (name == "array") return crdt::TypeKind::array;
  if (name == "map") return crdt::TypeKind::map;
  return Error{ErrorCode::invalid_argument, "no such type: " + std::string(name)};
}

Result<SharedType> root(crdt::Doc& doc, std::string_view kind, std::string_view name) {
  if (kind == "text") return SharedType(doc.text(name));
  if (kind == "array") return SharedType(doc.array(name));
  if (kind == "map") return SharedType(doc.map(name));
  if (kind == "xml") return SharedType(doc.xml_fragment(name));
  return Error{ErrorCode::invalid_argument, "no such root: " + std::string(kind)};
}

Result<SharedType> resolve(crdt::Doc& doc, const Any::Array& path) {
  if (path.size() < 2 || !path[0].as_string() || !path[1].as_string()) {
    return Error{ErrorCode::invalid_argument, "a path begins with kind and root"};
  }
  SYNCLINE_ASSIGN(SharedType type, root(doc, *path[0].as_string(), *path[1].as_string()));
  for (std::size_t i = 2; i < path.size(); ++i) {
    const auto child = path[i].as_string()
                           ? type.child(*path[i].as_string())
                           : type.child(static_cast<crdt::Clock>(*path[i].as_number()));
    if (!child) return Error{ErrorCode::not_found, "path"};
    type = *child;
  }
  return type;
}

using Operation = Result<void> (*)(SharedType type, const Edit& edit);

Result<void> text_insert(SharedType type, const Edit& edit) {
  const Any& attributes = edit.value("attributes");
  if (attributes.is_undefined())
    return type.as_text().insert(edit.number("index"), edit.text("text"));
  return type.as_text().insert(edit.number("index"), edit.text("text"), attributes);
}

Result<void> text_embed(SharedType type, const Edit& edit) {
  return type.as_text().insert_embed(edit.number("index"), edit.value("embed"),
                                     edit.value("attributes"));
}

Result<void> text_format(SharedType type, const Edit& edit) {
  return type.as_text().format(edit.number("index"), edit.number("length"),
                               edit.value("attributes"));
}

Result<void> text_delete(SharedType type, const Edit& edit) {
  return type.as_text().remove(edit.number("index"), edit.number("length"));
}

Result<void> array_insert(SharedType type, const Edit& edit) {
  std::vector<Any> values;
  for (const Any& hex : edit.list("values")) {
    SYNCLINE_ASSIGN(Any value, any_from_hex(*hex.as_string()));
    values.push_back(std::move(value));
  }
  return type.as_array().insert(edit.number("index"), values);
}

Result<void> array_insert_type(SharedType type, const Edit& edit) {
  SYNCLINE_ASSIGN(const auto kind, type_kind(edit.text("type")));
  SYNCLINE_TRY(type.as_array().insert_type(edit.number("index"), kind));
  return {};
}

Result<void> array_delete(SharedType type, const Edit& edit) {
  return type.as_array().remove(edit.number("index"), edit.number("length"));
}

Result<void> map_set(SharedType type, const Edit& edit) {
  SYNCLINE_ASSIGN(const Any value, any_from_hex(edit.text("value")));
  return type.as_map().set(edit.text("key"), value);
}

Result<void> map_set_type(SharedType type, const Edit& edit) {
  SYNCLINE_ASSIGN(const auto kind, type_kind(edit.text("type")));
  SYNCLINE_TRY(type.as_map().set_type(edit.text("key"), kind));
  return {};
}

Result<void> map_delete(SharedType type, const Edit& edit) {
  return type.as_map().remove(edit.text("key"));
}

Result<void> xml_insert_element(SharedType type, const Edit& edit) {
  SYNCLINE_TRY(type.as_xml_fragment().insert_element(edit.number("index"), edit.text("name")));
  return {};
}

Result<void> xml_insert_text(SharedType type, const Edit& edit) {
  SYNCLINE_TRY(type.as_xml_fragment().insert_text(edit.number("index")));
  return {};
}

Result<void> xml_delete(SharedType type, const Edit& edit) {
  return type.as_xml_fragment().remove(edit.number("index"), edit.number("length"));
}

Result<void> xml_set_attribute(SharedType type, const Edit& edit) {
  return type.as_xml_element().set_attribute(edit.text("key"), edit.value("value"));
}

Result<void> xml_remove_attribute(SharedType type, const Edit& edit) {
  return type.as_xml_element().remove_attribute(edit.text("key"));
}

constexpr std::array operations = {
    std::pair<std::string_view, Operation>{"text_insert", text_insert},
    std::pair<std::string_view, Operation>{"text_embed", text_embed},
    std::pair<std::string_view, Operation>{"text_format", text_format},
    std::pair<std::string_view, Operation>{"text_delete", text_delete},
    std::pair<std::string_view, Operation>{"array_insert", array_insert},
    std::pair<std::string_view, Operation>{"array_insert_type", array_insert_type},
    std::pair<std::string_view, Operation>{"array_delete", array_delete},
    std::pair<std::string_view, Operation>{"map_set", map_set},
    std::pair<std::string_view, Operation>{"map_set_type", map_set_type},
    std::pair<std::string_view, Operation>{"map_delete", map_delete},
    std::pair<std::string_view, Operation>{"xml_insert_element", xml_insert_element},
    std::pair<std::string_view, Operation>{"xml_insert_text", xml_insert_text},
    std::pair<std::string_view, Operation>{"xml_delete", xml_delete},
    std::pair<std::string_view, Operation>{"xml_set_attribute", xml_set_attribute},
    std::pair<std::string_view, Operation>{"xml_remove_attribute", xml_remove_attribute},
};

Result<void> edit_once(crdt::Doc& doc, const Any& json) {
  const Edit edit(json);
  SYNCLINE_ASSIGN(const SharedType type, resolve(doc, edit.list("path")));
  for (const auto& [name, operation] : operations) {
    if (name == edit.op()) return operation(type, edit);
  }
  return Error{ErrorCode::invalid_argument, "no such edit: " + std::string(edit.op())};
}

}  // namespace

Result<Message> edit(crdt::Doc& doc, std::span<const std::string> arguments) {
  SYNCLINE_ASSIGN(const Any edits, lib0::parse_json(arguments[0]));
  if (!edits.as_array()) return Error{ErrorCode::invalid_argument, "a list of edits"};
  Result<void> outcome;
  const Bytes update = doc.transact([&](crdt::Doc& inner) {
    for (const Any& json : *edits.as_array()) {
      if (outcome.ok()) outcome = edit_once(inner, json);
    }
  });
  SYNCLINE_TRY(std::move(outcome));
  return Message{std::string(as_text(update))};
}

}  // namespace syncline::probe
