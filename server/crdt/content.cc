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

std::size_t units_size(std::string_view text, std::uint64_t count, bool& cuts_pair) {
  std::size_t at = 0;
  for (std::uint64_t unit = 0; unit < count;) {
    const std::size_t bytes = utf8_size(static_cast<unsigned char>(text[at]));
    unit += bytes == 4 ? 2 : 1;
    if (unit > count) {
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

std::size_t elements_size(StructKind kind, BytesView bytes, std::uint64_t count, bool& cuts_pair) {
  cuts_pair = false;
  if (kind == StructKind::string) return units_size(as_text(bytes), count, cuts_pair);
  lib0::Decoder decoder(bytes);
  for (; count > 0; --count) skip_checked(decoder, kind);
  return decoder.position();
}

std::size_t content_size(StructKind kind, BytesView bytes, std::uint64_t length) {
  bool cuts_pair = false;
  lib0::Decoder decoder(bytes);
  switch (kind) {
    case StructKind::string:
    case StructKind::json:
    case StructKind::any:
      return elements_size(kind, bytes, length, cuts_pair);
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
  if (kind == StructKind::string && content.size() == length) {
    return static_cast<std::size_t>(index);  // ASCII only.
  }
  if (kind != StructKind::string && kind != StructKind::any && kind != StructKind::json) return 0;
  return elements_size(kind, content, index, cuts_pair);
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
