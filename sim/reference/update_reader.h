#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/lib0/any.h"

// Update format v1, read a second time: a struct at a time, each into plain values, with nothing
// saved and nothing shared with the engine's own codec.

namespace syncline::reference {

// The name of one element: yjs counts UTF-16 units, array values and so on, one clock each.
struct Id {
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
  friend bool operator==(const Id&, const Id&) = default;
};

// Clocks `clock`, `clock + 1`, ... of one client.
struct Range {
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
  std::uint64_t length = 0;
  std::uint64_t end() const { return clock + length; }
  friend bool operator==(const Range&, const Range&) = default;
};

// What one element may be.
enum class Kind : std::uint8_t { collected, deleted, unit, value, embed, format, type, document };

// The shared types, by their numbers in the format.
enum class TypeKind : std::uint8_t {
  array = 0,
  map = 1,
  text = 2,
  xml_element = 3,
  xml_fragment = 4,
  xml_hook = 5,
  xml_text = 6,
  root = 7,  // A root has no stored kind.
};

// What one element holds. Only the fields of its kind mean anything.
struct Content {
  Kind kind = Kind::collected;
  char16_t unit = 0;  // unit: half a surrogate pair, or a whole character.
  lib0::Any value;    // value, embed, format.
  std::string name;   // format: its key. type: an element's or hook's name.
  TypeKind type = TypeKind::root;
};

// A run of elements as an update carries it.
struct Struct {
  Id id;
  std::uint64_t length = 0;
  std::optional<Id> origin;
  std::optional<Id> right_origin;
  // With neither origin, the update says whose list or map it belongs to: a root or an element.
  std::optional<std::string> root;
  std::optional<Id> parent;
  std::optional<std::string> key;
  // One for each element; a single one for all where they are collected or deleted.
  std::vector<Content> contents;

  std::uint64_t end() const { return id.clock + length; }
  const Content& content(std::uint64_t offset) const {
    return contents.size() == 1 ? contents.front() : contents[offset];
  }
};

struct Update {
  std::vector<Struct> structs;  // Without the skips: a hole is where nothing is.
  std::vector<Range> deletes;
};

// Errors: those of lib0::Decoder; unknown_type; invalid_json; too_large beyond elements_max.
Result<Update> read_update(BytesView bytes);

// Each element costs a few hundred bytes here. An honest test stays far below.
inline constexpr std::uint64_t elements_max = 1 << 22;

}  // namespace syncline::reference
