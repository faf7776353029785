#include "server/crdt/relative_position.h"

#include <cmath>

#include "server/base/assert.h"
#include "server/base/limits.h"
#include "server/crdt/doc.h"
#include "server/crdt/doc_state.h"
#include "server/lib0/any.h"
#include "server/lib0/decoder.h"
#include "server/lib0/encoder.h"
#include "server/lib0/json.h"

namespace syncline::crdt {
namespace {

using lib0::Any;

// The binary form's first number: what the place is told by.
enum class Anchor : std::uint8_t { item = 0, root = 1, type = 2 };

void write_id(lib0::Encoder& encoder, const Id& id) {
  encoder.write_var_uint(id.client);
  encoder.write_var_uint(id.clock);
}

bool take_id(lib0::Decoder& decoder, std::optional<Id>& out) {
  Id& id = out.emplace();
  return decoder.take_var_uint(id.client) && decoder.take_var_uint(id.clock);
}

bool take_anchor(lib0::Decoder& decoder, RelativePosition& out) {
  std::uint64_t anchor = 0;
  if (!decoder.take_var_uint(anchor)) return false;
  switch (anchor) {
    case static_cast<std::uint64_t>(Anchor::item):
      return take_id(decoder, out.item);
    case static_cast<std::uint64_t>(Anchor::root): {
      std::string_view name;
      if (!decoder.take_var_string(name)) return false;
      out.root = name;
      return true;
    }
    case static_cast<std::uint64_t>(Anchor::type):
      return take_id(decoder, out.type);
    default:
      return decoder.fail(ErrorCode::unknown_type);
  }
}

// JavaScript has a -0, which is as good as 0 here.
bool take_assoc(lib0::Decoder& decoder, std::int64_t& out) {
  std::uint64_t magnitude = 0;
  bool negative = false;
  if (!decoder.take_var_int(magnitude, negative)) return false;
  out = static_cast<std::int64_t>(magnitude);
  if (negative) out = -out;
  return true;
}

void append_id(std::string& out, std::string_view key, const std::optional<Id>& id) {
  if (!id) return;
  out.append("\"").append(key).append("\":{\"client\":").append(std::to_string(id->client));
  out.append(",\"clock\":").append(std::to_string(id->clock)).append("},");
}

// What JavaScript's == finds equal to null counts as not given.
const Any* property(const Any& object, std::string_view key) {
  const Any* value = object.find(key);
  return value && !value->is_null() ? value : nullptr;
}

// A safe integer; nothing if it is none.
std::optional<std::int64_t> integer(const Any* value) {
  const double* number = value ? value->as_number() : nullptr;
  constexpr auto safe = static_cast<double>(limits::safe_integer_max);
  if (!number || !(std::fabs(*number) <= safe) || std::trunc(*number) != *number) return {};
  return static_cast<std::int64_t>(*number);
}

// False if there is something under the key that is no id.
bool parse_id(const Any& object, std::string_view key, std::optional<Id>& out) {
  const Any* id = property(object, key);
  if (!id) return true;
  const auto client = integer(id->find("client"));
  const auto clock = integer(id->find("clock"));
  if (!client || !clock || *client < 0 || *clock < 0) return false;
  out = Id{static_cast<ClientId>(*client), static_cast<Clock>(*clock)};
  return true;
}

bool parse(const Any& json, RelativePosition& out) {
  if (!parse_id(json, "type", out.type) || !parse_id(json, "item", out.item)) return false;
  if (const Any* name = property(json, "tname")) {
    if (!name->as_string()) return false;
    out.root = *name->as_string();
  }
  if (const Any* assoc = property(json, "assoc")) {
    const auto value = integer(assoc);
    if (!value) return false;
    out.assoc = *value;
  }
  return out.type || out.root || out.item;
}

// The element `index` elements from the start of a list, or the one before it; nothing where the
// list ends first.
std::optional<Id> anchor_at(DocState& doc, TypeIndex list, Clock index, std::int64_t assoc) {
  if (assoc < 0) {
    if (index == 0) return std::nullopt;
    --index;
  }
  if (index < doc.types[list].length) {
    const PositionIndex::Place place = doc.find_position(list, index + 1);
    const Item& item = doc.store.items[place.item];
    return Id{doc.store.client(item.client()).id, item.clock() + index - place.before};
  }
  if (assoc >= 0) return std::nullopt;
  // The last element there is, even if it is deleted.
  const Item* last = nullptr;
  for (ItemIndex at = doc.start(doc.types[list]); at != none; at = last->right()) {
    last = &doc.store.items[at];
  }
  if (!last) return std::nullopt;
  return Id{doc.store.client(last->client()).id, last->end() - 1};
}

std::optional<AbsolutePosition> beside_item(DocState& doc, const Id& id, std::int64_t assoc) {
  if (!doc.find_item(id)) return std::nullopt;
  const ItemIndex index = doc.store.find(doc.store.find_slot(id.client), id.clock);
  const Item& item = doc.store.items[index];
  if (item.is_gc()) return std::nullopt;
  const TypeIndex parent = doc.parent_of(item);
  AbsolutePosition position{SharedType(doc, parent), 0, assoc};
  if (doc.type_deleted(doc.types[parent])) return position;
  if (item.visible()) position.index = id.clock - item.clock() + (assoc < 0 ? 1 : 0);
  position.index += doc.visible_before(index);
  return position;
}

// The type that an item is; none if it has not come, has been collected, or is something else.
TypeIndex type_of_item(const DocState& doc, const Id& id) {
  const Item* item = doc.find_item(id);
  return item && item->kind() == StructKind::type ? item->type() : none;
}

}  // namespace

Bytes encode_relative_position(const RelativePosition& position) {
  lib0::Encoder encoder;
  if (position.item) {
    encoder.write_u8(static_cast<std::uint8_t>(Anchor::item));
    write_id(encoder, *position.item);
  } else if (position.root) {
    encoder.write_u8(static_cast<std::uint8_t>(Anchor::root));
    encoder.write_var_string(*position.root);
  } else {
    SYNCLINE_ASSERT(position.type.has_value());
    encoder.write_u8(static_cast<std::uint8_t>(Anchor::type));
    write_id(encoder, *position.type);
  }
  const bool negative = position.assoc < 0;
  const auto magnitude = static_cast<std::uint64_t>(negative ? -position.assoc : position.assoc);
  encoder.write_var_int(magnitude, negative);
  return encoder.take();
}

Result<RelativePosition> decode_relative_position(BytesView bytes) {
  lib0::Decoder decoder(bytes);
  RelativePosition position;
  if (!take_anchor(decoder, position)) return decoder.failure();
  if (decoder.remaining() > 0 && !take_assoc(decoder, position.assoc)) return decoder.failure();
  SYNCLINE_TRY(decoder.expect_end());
  return position;
}

std::string relative_position_json(const RelativePosition& position) {
  std::string out = "{";
  append_id(out, "type", position.type);
  if (position.root && !position.root->empty()) {
    out.append("\"tname\":");
    lib0::append_json_string(out, *position.root);
    out.push_back(',');
  }
  append_id(out, "item", position.item);
  return out + "\"assoc\":" + std::to_string(position.assoc) + "}";
}

Result<RelativePosition> parse_relative_position(std::string_view json) {
  SYNCLINE_ASSIGN(const Any value, lib0::parse_json(json));
  RelativePosition position;
  if (!parse(value, position)) return ErrorCode::malformed;
  return position;
}

Result<RelativePosition> SharedType::relative_position(Clock index, std::int64_t assoc) const {
  const Type& type = doc_->types[type_];
  if (!type.alive) return ErrorCode::not_found;
  RelativePosition position{{}, {}, anchor_at(*doc_, type_, index, assoc), assoc};
  if (type.item == none) {
    position.root = doc_->name(type.name);
  } else {
    position.type = doc_->store.id(doc_->store.items[type.item]);
  }
  return position;
}

std::optional<AbsolutePosition> Doc::absolute_position(const RelativePosition& position) {
  if (position.item) return beside_item(*state_, *position.item, position.assoc);
  SYNCLINE_ASSERT(position.root || position.type);
  const TypeIndex list =
      position.root ? state_->root(*position.root) : type_of_item(*state_, *position.type);
  if (list == none) return std::nullopt;
  const Clock index = position.assoc >= 0 ? state_->types[list].length : 0;
  return AbsolutePosition{SharedType(*state_, list), index, position.assoc};
}

}  // namespace syncline::crdt
