#include "tests/compat/probe/versions.h"

#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "server/crdt/comparison.h"
#include "server/crdt/history.h"
#include "server/crdt/relative_position.h"
#include "server/crdt/version.h"
#include "server/lib0/json.h"

namespace syncline::probe {

namespace {

using Arguments = std::span<const std::string>;

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

template <class Integer>
Result<Integer> integer(std::string_view text) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error{ErrorCode::invalid_argument, "not a number: " + std::string(text)};
  }
  return value;
}

Message both_forms(const crdt::Version& version) {
  return {text_of(encode_version(version)), text_of(encode_version_v2(version))};
}

Message both_forms(const crdt::RelativePosition& position) {
  return {text_of(encode_relative_position(position)), relative_position_json(position)};
}

Result<crdt::SharedType> find_type(crdt::Doc& doc, std::string_view json) {
  SYNCLINE_ASSIGN(const auto position, crdt::parse_relative_position(json));
  const auto found = doc.absolute_position(position);
  if (!found) return Error{ErrorCode::not_found, "type " + std::string(json)};
  return found->type;
}

Result<std::optional<crdt::Version>> optional_version(std::string_view bytes) {
  if (bytes.empty()) return std::optional<crdt::Version>();
  SYNCLINE_ASSIGN(auto version, crdt::decode_version(as_bytes(bytes)));
  return std::optional(std::move(version));
}

// {"client id": "name", ...}
Result<crdt::ChangeMark> marks(std::string_view json) {
  if (json.empty()) return crdt::ChangeMark(crdt::unsigned_mark);
  SYNCLINE_ASSIGN(const auto object, lib0::parse_json(json));
  std::map<crdt::ClientId, std::string> names;
  for (const auto& [client, name] : *object.as_object()) {
    SYNCLINE_ASSIGN(const auto id, integer<crdt::ClientId>(client));
    names.emplace(id, *name.as_string());
  }
  return crdt::marks_with_authors(std::move(names));
}

}  // namespace

Result<Message> recode_version(Arguments arguments) {
  const BytesView bytes = as_bytes(arguments[1]);
  SYNCLINE_ASSIGN(const auto version, arguments[0] == "1" ? crdt::decode_version(bytes)
                                                          : crdt::decode_version_v2(bytes));
  return both_forms(version);
}

Result<Message> version_contains(Arguments arguments) {
  SYNCLINE_ASSIGN(const auto version, crdt::decode_version(as_bytes(arguments[0])));
  const auto format = arguments[2] == "1" ? crdt::UpdateFormat::v1 : crdt::UpdateFormat::v2;
  SYNCLINE_ASSIGN(const bool contains, contains_update(version, as_bytes(arguments[1]), format));
  return Message{contains ? "1" : "0"};
}

Result<Message> recode_place(Arguments arguments) {
  SYNCLINE_ASSIGN(const auto position, crdt::decode_relative_position(as_bytes(arguments[0])));
  return both_forms(position);
}

Result<Message> reparse_place(Arguments arguments) {
  SYNCLINE_ASSIGN(const auto position, crdt::parse_relative_position(arguments[0]));
  return both_forms(position);
}

Result<crdt::Doc> document_as_of(Arguments arguments) {
  SYNCLINE_ASSIGN(const auto sequence, integer<std::size_t>(arguments[1]));
  std::vector<BytesView> log;
  for (const std::string& update : arguments.subspan(2)) log.push_back(as_bytes(update));
  return crdt::document_as_of(log, sequence, {.gc = arguments[0] == "1"});
}

Result<Message> version(crdt::Doc& doc, Arguments) { return both_forms(doc.version()); }

Result<Message> version_update(crdt::Doc& doc, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto version, crdt::decode_version(as_bytes(arguments[0])));
  SYNCLINE_ASSIGN(const auto update, doc.encode_version_as_update(version));
  return Message{text_of(update)};
}

Result<Message> delta_at(crdt::Doc& doc, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto type, find_type(doc, arguments[0]));
  SYNCLINE_ASSIGN(const auto shown, optional_version(arguments[1]));
  SYNCLINE_ASSIGN(const auto before, optional_version(arguments[2]));
  SYNCLINE_ASSIGN(auto mark, marks(arguments[3]));
  return Message{
      type.delta_json({shown ? &*shown : nullptr, before ? &*before : nullptr, std::move(mark)})};
}

Result<Message> list_at(crdt::Doc& doc, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto type, find_type(doc, arguments[0]));
  SYNCLINE_ASSIGN(const auto version, crdt::decode_version(as_bytes(arguments[1])));
  return Message{type.array_json(version)};
}

Result<Message> map_at(crdt::Doc& doc, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto type, find_type(doc, arguments[0]));
  SYNCLINE_ASSIGN(const auto version, crdt::decode_version(as_bytes(arguments[1])));
  return Message{type.map_json(version)};
}

Result<Message> entry_at(crdt::Doc& doc, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto type, find_type(doc, arguments[0]));
  SYNCLINE_ASSIGN(const auto version, crdt::decode_version(as_bytes(arguments[2])));
  return Message{type.entry_json(arguments[1], version)};
}

Result<Message> place(crdt::Doc& doc, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto type, find_type(doc, arguments[0]));
  SYNCLINE_ASSIGN(const auto index, integer<crdt::Clock>(arguments[1]));
  SYNCLINE_ASSIGN(const auto assoc, integer<std::int64_t>(arguments[2]));
  SYNCLINE_ASSIGN(const auto position, type.relative_position(index, assoc));
  return both_forms(position);
}

Result<Message> find_place(crdt::Doc& doc, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto position, crdt::parse_relative_position(arguments[0]));
  const auto found = doc.absolute_position(position);
  if (!found) return Message{};
  constexpr auto beyond = std::numeric_limits<crdt::Clock>::max();
  SYNCLINE_ASSIGN(const auto type, found->type.relative_position(beyond));
  return Message{relative_position_json(type), std::to_string(found->index),
                 std::to_string(found->assoc)};
}

}  // namespace syncline::probe
