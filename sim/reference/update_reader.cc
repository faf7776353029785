#include "sim/reference/update_reader.h"

#include <utility>

#include "server/lib0/decoder.h"
#include "server/lib0/json.h"

namespace syncline::reference {
namespace {

using lib0::Any;
using lib0::Decoder;

Result<Id> read_id(Decoder& decoder) {
  SYNCLINE_ASSIGN(const auto client, decoder.read_var_uint());
  SYNCLINE_ASSIGN(const auto clock, decoder.read_var_uint());
  return Id{client, clock};
}

Result<std::string> read_string(Decoder& decoder) {
  SYNCLINE_ASSIGN(const auto text, decoder.read_var_string());
  return std::string(text);
}

Result<Any> read_json(Decoder& decoder) {
  SYNCLINE_ASSIGN(const auto text, decoder.read_var_string());
  if (text == "undefined") return Any();  // Which is no JSON, but what yjs writes.
  return lib0::parse_json(text);
}

Content of_kind(Kind kind) {
  Content content;
  content.kind = kind;
  return content;
}

Content of_value(Kind kind, Any value) {
  Content content = of_kind(kind);
  content.value = std::move(value);
  return content;
}

// One element a UTF-16 unit, as JavaScript counts. REQUIRES: `text` is UTF-8.
std::vector<Content> units_of(std::string_view text) {
  std::vector<Content> units;
  const auto add = [&](std::uint32_t unit) {
    Content content = of_kind(Kind::unit);
    content.unit = static_cast<char16_t>(unit);
    units.push_back(content);
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    std::uint32_t code = bytes == 1 ? first : first & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
      code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    }
    at += bytes;
    if (code < 0x10000) {
      add(code);
    } else {
      add(0xD800 + ((code - 0x10000) >> 10));
      add(0xDC00 + ((code - 0x10000) & 0x3FF));
    }
  }
  return units;
}

Result<Content> read_type(Decoder& decoder) {
  SYNCLINE_ASSIGN(const auto number, decoder.read_var_uint());
  if (number > 6) return ErrorCode::unknown_type;
  Content content = of_kind(Kind::type);
  content.type = static_cast<TypeKind>(number);
  if (content.type == TypeKind::xml_element || content.type == TypeKind::xml_hook) {
    SYNCLINE_ASSIGN(content.name, read_string(decoder));
  }
  return content;
}

Result<void> read_repeated(Decoder& decoder, bool json, std::vector<Content>& out) {
  SYNCLINE_ASSIGN(const auto count, decoder.read_var_uint());
  for (std::uint64_t i = 0; i < count; ++i) {
    SYNCLINE_ASSIGN(Any value, json ? read_json(decoder) : lib0::read_any(decoder));
    out.push_back(of_value(Kind::value, std::move(value)));
  }
  return {};
}

// The contents after a struct's header, by the number of their kind. Sets the struct's length.
Result<void> read_contents(Decoder& decoder, unsigned number, Struct& out) {
  std::vector<Content>& contents = out.contents;
  switch (number) {
    case 1: {
      contents = {of_kind(Kind::deleted)};
      SYNCLINE_ASSIGN(out.length, decoder.read_var_uint());
      return {};
    }
    case 2:
    case 8:
      SYNCLINE_TRY(read_repeated(decoder, number == 2, contents));
      break;
    case 3: {
      SYNCLINE_ASSIGN(const auto bytes, decoder.read_var_bytes());
      contents = {of_value(Kind::value, Any(to_bytes(bytes)))};
      break;
    }
    case 4: {
      SYNCLINE_ASSIGN(const auto text, decoder.read_var_string());
      contents = units_of(text);
      break;
    }
    case 5: {
      SYNCLINE_ASSIGN(Any value, read_json(decoder));
      contents = {of_value(Kind::embed, std::move(value))};
      break;
    }
    case 6: {
      Content format = of_kind(Kind::format);
      SYNCLINE_ASSIGN(format.name, read_string(decoder));
      SYNCLINE_ASSIGN(format.value, read_json(decoder));
      contents = {std::move(format)};
      break;
    }
    case 7: {
      SYNCLINE_ASSIGN(Content type, read_type(decoder));
      contents = {std::move(type)};
      break;
    }
    case 9: {
      SYNCLINE_TRY(read_string(decoder));     // The subdocument's name and options: it is
      SYNCLINE_TRY(lib0::read_any(decoder));  // another document, and reads as {}.
      contents = {of_kind(Kind::document)};
      break;
    }
    default:
      return ErrorCode::unknown_type;
  }
  out.length = contents.size();
  return {};
}

Result<void> read_item(Decoder& decoder, unsigned info, Struct& out) {
  if (info & 0x80) {
    SYNCLINE_ASSIGN(out.origin, read_id(decoder));
  }
  if (info & 0x40) {
    SYNCLINE_ASSIGN(out.right_origin, read_id(decoder));
  }
  if (!out.origin && !out.right_origin) {
    SYNCLINE_ASSIGN(const auto is_root, decoder.read_var_uint());
    if (is_root == 1) {
      SYNCLINE_ASSIGN(out.root, read_string(decoder));
    } else {
      SYNCLINE_ASSIGN(out.parent, read_id(decoder));
    }
    if (info & 0x20) {
      SYNCLINE_ASSIGN(out.key, read_string(decoder));
    }
  }
  return read_contents(decoder, info & 0x1F, out);
}

Result<void> read_structs(Decoder& decoder, Update& update) {
  SYNCLINE_ASSIGN(const auto clients, decoder.read_var_uint());
  std::uint64_t elements = 0;
  for (std::uint64_t i = 0; i < clients; ++i) {
    SYNCLINE_ASSIGN(const auto count, decoder.read_var_uint());
    SYNCLINE_ASSIGN(Id next, read_id(decoder));
    for (std::uint64_t j = 0; j < count; ++j) {
      Struct one;
      one.id = next;
      SYNCLINE_ASSIGN(const unsigned info, decoder.read_u8());
      const unsigned number = info & 0x1F;
      if (number == 0 || number == 10) {  // A collected run, or a hole.
        one.contents = {of_kind(Kind::collected)};
        SYNCLINE_ASSIGN(one.length, decoder.read_var_uint());
      } else {
        SYNCLINE_TRY(read_item(decoder, info, one));
      }
      if (one.length == 0) return ErrorCode::malformed;
      next.clock = one.end();
      if (number == 10) continue;
      elements += one.length;
      if (one.length > elements_max || elements > elements_max) return ErrorCode::too_large;
      update.structs.push_back(std::move(one));
    }
  }
  return {};
}

Result<void> read_deletes(Decoder& decoder, Update& update) {
  SYNCLINE_ASSIGN(const auto clients, decoder.read_var_uint());
  for (std::uint64_t i = 0; i < clients; ++i) {
    SYNCLINE_ASSIGN(const auto client, decoder.read_var_uint());
    SYNCLINE_ASSIGN(const auto count, decoder.read_var_uint());
    for (std::uint64_t j = 0; j < count; ++j) {
      SYNCLINE_ASSIGN(const auto clock, decoder.read_var_uint());
      SYNCLINE_ASSIGN(const auto length, decoder.read_var_uint());
      update.deletes.push_back({client, clock, length});
    }
  }
  return {};
}

}  // namespace

Result<Update> read_update(BytesView bytes) {
  Decoder decoder(bytes);
  Update update;
  SYNCLINE_TRY(read_structs(decoder, update));
  SYNCLINE_TRY(read_deletes(decoder, update));
  SYNCLINE_TRY(decoder.expect_end());
  return update;
}

}  // namespace syncline::reference
