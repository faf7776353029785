#include "server/crdt/content.h"

#include <limits>

#include "server/base/assert.h"
#include "server/lib0/any.h"
#include "server/lib0/decoder.h"

namespace syncline::crdt {
namespace {

// Of the character that begins with this byte.
std::size_t utf8_size(unsigned char first) {
  return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

std::size_t string_offset(std::string_view text, std::uint64_t length, std::uint64_t index,
                          bool& cuts_pair) {
  if (text.size() == length) return static_cast<std::size_t>(index);  // ASCII only.
  std::size_t at = 0;
  for (std::uint64_t unit = 0; unit < index;) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = utf8_size(first);
    unit += bytes == 4 ? 2 : 1;
    if (unit > index) {
      cuts_pair = true;
      return at;
    }
    at += bytes;
  }
  return at;
}

// Contents were checked when they came in.
void skip_checked(lib0::Decoder& decoder, StructKind kind) {
  bool canonical = true;
  BytesView text;
  const bool read =
      kind == StructKind::any
          ? lib0::skip_any(decoder, std::numeric_limits<std::size_t>::max(), canonical)
          : decoder.take_var_bytes(text);
  SYNCLINE_ASSERT(read);
}

}  // namespace

std::size_t content_size(StructKind kind, BytesView bytes, std::uint64_t length) {
  if (kind == StructKind::string) {
    const auto* text = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t at = 0;
    for (std::uint64_t unit = 0; unit < length;) {
      const std::size_t size = utf8_size(text[at]);
      unit += size == 4 ? 2 : 1;
      at += size;
    }
    return at;
  }
  lib0::Decoder decoder(bytes);
  switch (kind) {
    case StructKind::json:
    case StructKind::any:
      for (; length > 0; --length) skip_checked(decoder, kind);
      break;
    case StructKind::format:
      skip_checked(decoder, kind);
      skip_checked(decoder, kind);
      break;
    case StructKind::doc:
      skip_checked(decoder, kind);
      skip_checked(decoder, StructKind::any);
      break;
    default:
      skip_checked(decoder, kind);
  }
  return decoder.position();
}

std::size_t content_offset(StructKind kind, BytesView content, std::uint64_t length,
                           std::uint64_t index, bool& cuts_pair) {
  cuts_pair = false;
  if (index == 0) return 0;
  if (index == length) return content.size();
  if (kind == StructKind::string) return string_offset(as_text(content), length, index, cuts_pair);
  if (kind != StructKind::any && kind != StructKind::json) return 0;
  lib0::Decoder decoder(content);
  for (; index > 0; --index) skip_checked(decoder, kind);
  return decoder.position();
}

void write_content(lib0::Encoder& encoder, StructKind kind, BytesView content, std::uint64_t length,
                   std::uint64_t offset) {
  switch (kind) {
    case StructKind::gc:
    case StructKind::skip:
    case StructKind::deleted:
      encoder.write_var_uint(length - offset);
      return;
    case StructKind::binary:
      encoder.write_var_bytes(content);
      return;
    case StructKind::embed:
    case StructKind::format:
    case StructKind::type:
    case StructKind::doc:
      encoder.write_bytes(content);
      return;
    case StructKind::string: {
      bool cuts_pair = false;
      std::size_t from = content_offset(kind, content, length, offset, cuts_pair);
      if (!cuts_pair) {
        encoder.write_var_bytes(content.subspan(from));
        return;
      }
      from += 4;
      encoder.write_var_uint(content.size() - from + replacement_character.size());
      encoder.write_bytes(as_bytes(replacement_character));
      encoder.write_bytes(content.subspan(from));
      return;
    }
    case StructKind::json:
    case StructKind::any: {
      bool cuts_pair = false;
      encoder.write_var_uint(length - offset);
      encoder.write_bytes(
          content.subspan(content_offset(kind, content, length, offset, cuts_pair)));
      return;
    }
  }
}

}  // namespace syncline::crdt
