#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/base/bytes.h"
#include "server/lib0/encoder.h"

// What a struct holds. The content of an item is kept as the bytes that update format v1 gives it,
// less a leading count or size, which follows from the item: encoding is a copy.
//
//   string   UTF-8                      embed    varstring JSON
//   json     varstring JSON, repeated   format   varstring key, varstring JSON
//   any      any, repeated              type     varuint type, [varstring name]
//   binary   bytes                      doc      varstring guid, any options
//   deleted, gc, skip: nothing

namespace syncline::crdt {

// The numbers are those of the format.
enum class StructKind : std::uint8_t {
  gc = 0,
  deleted = 1,
  json = 2,
  binary = 3,
  string = 4,
  embed = 5,
  format = 6,
  type = 7,
  any = 8,
  doc = 9,
  skip = 10,
};

// The shared types, by their numbers in the format. A root has no stored type: `unknown` until
// used.
enum class TypeKind : std::uint8_t {
  array = 0,
  map = 1,
  text = 2,
  xml_element = 3,
  xml_fragment = 4,
  xml_hook = 5,
  xml_text = 6,
  unknown = 7,
};

constexpr bool has_name(TypeKind kind) {
  return kind == TypeKind::xml_element || kind == TypeKind::xml_hook;
}
constexpr bool is_text(TypeKind kind) {
  return kind == TypeKind::text || kind == TypeKind::xml_text;
}
constexpr bool is_item(StructKind kind) {
  return kind != StructKind::gc && kind != StructKind::skip;
}
// Formats and what is deleted take no place among a list's elements.
constexpr bool is_countable(StructKind kind) {
  return is_item(kind) && kind != StructKind::format && kind != StructKind::deleted;
}
// Contents that may be longer than one element.
constexpr bool is_run(StructKind kind) {
  return kind == StructKind::gc || kind == StructKind::skip || kind == StructKind::deleted ||
         kind == StructKind::json || kind == StructKind::string || kind == StructKind::any;
}

// The replacement character, which stands for each half of a surrogate pair that was cut in two.
inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";
// How a document keeps it: in two bytes that UTF-8 has not, so that both halves fit where the pair
// was. (StructStore::content gives it as the character.)
inline constexpr std::string_view lost_half = "\xC0\x80";

// How many bytes the content of `length` elements takes at the start of `bytes`. Not for a binary
// content, unless its size stands before it. REQUIRES: kind has a content, and it was checked.
std::size_t content_size(StructKind kind, BytesView bytes, std::uint64_t length);

// How many bytes the first `count` elements of a string, `any` or `json` content take. For a
// string, `count` is UTF-16 units; `cuts_pair` is set if that ends inside a surrogate pair, and the
// bytes are those before the pair. REQUIRES: there are so many.
std::size_t elements_size(StructKind kind, BytesView bytes, std::uint64_t count, bool& cuts_pair);

// Where the element `index` of a content begins, in bytes. For a string, `index` counts UTF-16
// units; `cuts_pair` is set if it falls inside a surrogate pair, and the offset is that of the
// pair. REQUIRES: the content is of `length` elements, index <= length.
std::size_t content_offset(StructKind kind, BytesView content, std::uint64_t length,
                           std::uint64_t index, bool& cuts_pair);

// Writes a content from element `offset` on, as yjs' content.write(encoder, offset).
void write_content(lib0::Encoder& encoder, StructKind kind, BytesView content, std::uint64_t length,
                   std::uint64_t offset);

}  // namespace syncline::crdt
