#include "server/crdt/update_v2.h"

#include "server/base/assert.h"
#include "server/base/utf8.h"
#include "server/crdt/update_reader.h"
#include "server/lib0/any.h"
#include "server/lib0/decoder.h"
#include "server/lib0/json.h"

namespace syncline::crdt {
namespace {

using lib0::Decoder;
using lib0::Encoder;

// False for what JSON.stringify throws on or has no text for: no client could write it as v1.
bool has_json(const lib0::Any& value) {
  if (value.is_undefined() || value.as_bigint()) return false;
  const auto is_bad = [](const lib0::Any& inner) {
    return !inner.is_undefined() && !has_json(inner);
  };
  if (const lib0::Any::Array* array = value.as_array()) {
    return std::none_of(array->begin(), array->end(), is_bad);
  }
  if (const lib0::Any::Object* properties = value.as_object()) {
    return std::none_of(properties->begin(), properties->end(),
                        [&](const auto& property) { return is_bad(property.second); });
  }
  return true;
}

class SourceV2 {
 public:
  // REQUIRES: open() succeeds before anything is read.
  SourceV2(BytesView update, const UpdateLimits& limits)
      : accepted_before_(limits.accepted_before), rest_(update) {}

  // Reads the heads of all codecs.
  bool open() {
    std::uint64_t flags = 0;  // For future use; every client writes 0.
    if (!rest_.take_var_uint(flags)) return false;
    if (flags != 0) return fail(ErrorCode::malformed);
    return open(key_clocks_) && open(clients_) && open(left_clocks_) && open(right_clocks_) &&
           open(infos_) && open(strings_) && open(parent_infos_) && open(type_numbers_) &&
           open(lengths_);
  }

  bool fail(ErrorCode code) { return rest_.fail(code); }
  ErrorCode failure() const { return rest_.failure(); }
  Result<void> expect_end() const {
    SYNCLINE_TRY(rest_.expect_end());
    const bool finished = key_clocks_.finished() && clients_.finished() &&
                          left_clocks_.finished() && right_clocks_.finished() &&
                          infos_.finished() && strings_.finished() && parent_infos_.finished() &&
                          type_numbers_.finished() && lengths_.finished();
    if (!finished) return ErrorCode::trailing_bytes;
    return {};
  }
  std::size_t remaining() const { return rest_.remaining(); }
  // A struct may take no bytes of its own.
  bool may_hold_structs(std::uint64_t) const { return true; }

  bool take_number(std::uint64_t& out) { return rest_.take_var_uint(out); }
  bool take_client(ClientId& out) { return take(clients_, out); }
  bool take_length(Clock& out) { return take(lengths_, out); }
  bool take_info(std::uint8_t& out) { return take(infos_, out); }
  bool take_left_id(Id& out) { return take(clients_, out.client) && take(left_clocks_, out.clock); }
  bool take_right_id(Id& out) {
    return take(clients_, out.client) && take(right_clocks_, out.clock);
  }
  bool take_parent_info(bool& is_root) {
    std::uint8_t word = 0;
    if (!take(parent_infos_, word)) return false;
    is_root = word == 1;
    return word <= 1 || fail(ErrorCode::malformed);
  }
  bool take_string(std::string_view& text, DecodedUpdate& out) {
    Clock units = 0;
    return take_string(text, units, out);
  }
  bool take_delete_range(Clock previous_end, IdRange& out) {
    if (!rest_.take_var_uint(out.clock) || !rest_.take_var_uint(out.length)) return false;
    out.clock += previous_end;
    ++out.length;
    return true;
  }

  bool read_content(DecodedStruct& value, DecodedUpdate& out) {
    switch (value.kind) {
      case StructKind::gc:
      case StructKind::skip:
      case StructKind::deleted:
        return take_length(value.length);
      case StructKind::json:
        return read_json_run(value, out);
      case StructKind::binary:
        return rest_.take_var_bytes(value.content);
      case StructKind::string: {
        std::string_view text;
        if (!take_string(text, value.length, out)) return false;
        value.content = as_bytes(text);
        return true;
      }
      case StructKind::embed:
        content_.clear();
        return take_json() && keep(value, out);
      case StructKind::format:
        content_.clear();
        return take_key(out) && take_json() && keep(value, out);
      case StructKind::type:
        return read_type(value, out);
      case StructKind::any:
        return take_length(value.length) && read_any_elements(rest_, value, out);
      case StructKind::doc: {
        std::string_view guid;
        return take_string(guid, out) && read_subdocument_options(rest_, guid, value, out);
      }
    }
    return fail(ErrorCode::unknown_type);
  }

 private:
  template <class Codec>
  bool open(Codec& codec) {
    BytesView bytes;
    if (!rest_.take_var_bytes(bytes)) return false;
    codec = Codec(bytes);
    return true;
  }

  template <class Codec, class Value>
  bool take(Codec& codec, Value& out) {
    return codec.take(out) || fail(codec.failure());
  }

  bool take_string(std::string_view& text, Clock& units, DecodedUpdate& out) {
    lib0::StringSlice slice;
    if (!take(strings_, slice)) return false;
    units = slice.units;
    text = slice.text;
    if (!slice.half_before && !slice.half_after) return true;
    std::string whole;
    if (slice.half_before) whole += replacement_character;
    whole += slice.text;
    if (slice.half_after) whole += replacement_character;
    text = out.rewritten.keep(whole);
    return true;
  }

  bool keep(DecodedStruct& value, DecodedUpdate& out) {
    value.content = out.rewritten.keep(content_.view());
    return true;
  }

  // yjs numbers the keys, and means to name later ones by their number, but has never done so.
  bool take_key(DecodedUpdate& out) {
    std::uint64_t clock = 0;
    std::string_view key;
    if (!take(key_clocks_, clock) || !take_string(key, out)) return false;
    if (clock != keys_++) return fail(ErrorCode::malformed);
    content_.write_var_string(key);
    return true;
  }

  bool take_json() {
    const auto value = lib0::read_any(rest_);
    if (!value.ok()) return fail(value.error().code);
    if (!has_json(*value)) return fail(ErrorCode::malformed);
    json_.clear();
    lib0::append_json(json_, *value);
    content_.write_var_string(json_);
    return true;
  }

  bool read_json_run(DecodedStruct& value, DecodedUpdate& out) {
    if (!take_length(value.length)) return false;
    content_.clear();
    for (Clock i = 0; i < value.length; ++i) {
      std::string_view text;
      std::optional<std::string> rewritten;
      if (!take_string(text, out)) return false;
      // yjs writes the bare word for an undefined element.
      if (text != "undefined") {
        const auto checked = check_json_text(text, accepted_before_, rewritten);
        if (!checked.ok()) return fail(checked.error().code);
      }
      content_.write_var_string(rewritten ? *rewritten : text);
    }
    return keep(value, out);
  }

  bool read_type(DecodedStruct& value, DecodedUpdate& out) {
    std::uint64_t kind = 0;
    if (!take(type_numbers_, kind)) return false;
    if (kind >= static_cast<std::uint64_t>(TypeKind::unknown)) {
      return fail(ErrorCode::unknown_type);
    }
    content_.clear();
    content_.write_var_uint(kind);
    if (has_name(static_cast<TypeKind>(kind)) && !take_key(out)) return false;
    return keep(value, out);
  }

  const bool accepted_before_;
  Decoder rest_;
  std::uint64_t keys_ = 0;
  lib0::IntDiffOptRleDecoder key_clocks_{BytesView()};
  lib0::UintOptRleDecoder clients_{BytesView()};
  lib0::IntDiffOptRleDecoder left_clocks_{BytesView()};
  lib0::IntDiffOptRleDecoder right_clocks_{BytesView()};
  lib0::RleDecoder infos_{BytesView()};
  lib0::StringDecoder strings_{BytesView()};
  lib0::RleDecoder parent_infos_{BytesView()};
  lib0::UintOptRleDecoder type_numbers_{BytesView()};
  lib0::UintOptRleDecoder lengths_{BytesView()};
  Encoder content_;   // The content that is being made.
  std::string json_;  // Scratch, kept for its memory.
};

// What one update in format v2 may claim: see UpdateLimits.
std::size_t structs_max(const UpdateLimits& limits, std::size_t update_bytes) {
  if (limits.packed_structs_max > limits.structs_max - std::min(limits.structs_max, update_bytes)) {
    return limits.structs_max;
  }
  return limits.packed_structs_max + update_bytes;
}

// Contents of structs were checked when they came in.
std::string_view take_checked_string(Decoder& decoder) {
  BytesView bytes;
  const bool read = decoder.take_var_bytes(bytes);
  SYNCLINE_ASSERT(read);
  return as_text(bytes);
}

}  // namespace

Result<void> decode_update_v2(BytesView update, const UpdateLimits& limits, DecodedUpdate& out) {
  SourceV2 source(update, limits);
  if (!source.open()) return source.failure();
  return UpdateReader<SourceV2>(source, limits, structs_max(limits, update.size()), out).read();
}

void WriterV2::write_string(std::string_view text) { strings_.write(text, utf16_length(text)); }

void WriterV2::write_key(std::string_view key) {
  key_clocks_.write(keys_++);
  write_string(key);
}

void WriterV2::write_json(std::string_view text) {
  lib0::write_any(rest_, lib0::parse_json(text, text.size()).value());
}

void WriterV2::write_content(StructKind kind, BytesView content, Clock length, Clock offset) {
  switch (kind) {
    case StructKind::skip:
      rest_.write_var_uint(length - offset);
      return;
    case StructKind::gc:
    case StructKind::deleted:
      lengths_.write(length - offset);
      return;
    case StructKind::json:
      return write_json_run(content, length, offset);
    case StructKind::binary:
      rest_.write_var_bytes(content);
      return;
    case StructKind::string:
      return write_text(content, length, offset);
    case StructKind::embed: {
      Decoder decoder(content);
      return write_json(take_checked_string(decoder));
    }
    case StructKind::format:
      return write_format(content);
    case StructKind::type: {
      Decoder decoder(content);
      std::uint64_t number = 0;
      const bool read = decoder.take_var_uint(number);
      SYNCLINE_ASSERT(read);
      const auto type = static_cast<TypeKind>(number);
      return write_type(type, has_name(type) ? take_checked_string(decoder) : std::string_view());
    }
    case StructKind::any: {
      bool cuts_pair = false;
      lengths_.write(length - offset);
      rest_.write_bytes(content.subspan(content_offset(kind, content, length, offset, cuts_pair)));
      return;
    }
    case StructKind::doc:
      return write_subdocument(content);
  }
}

void WriterV2::write_text(BytesView content, Clock length, Clock offset) {
  bool cuts_pair = false;
  const std::size_t from = content_offset(StructKind::string, content, length, offset, cuts_pair);
  if (!cuts_pair) {
    strings_.write(as_text(content.subspan(from)), length - offset);
    return;
  }
  std::string text(replacement_character);
  text += as_text(content.subspan(from + 4));
  strings_.write(text, length - offset);
}

void WriterV2::write_json_run(BytesView content, Clock length, Clock offset) {
  bool cuts_pair = false;
  Decoder decoder(
      content.subspan(content_offset(StructKind::json, content, length, offset, cuts_pair)));
  lengths_.write(length - offset);
  for (Clock i = offset; i < length; ++i) write_string(take_checked_string(decoder));
}

void WriterV2::write_type(TypeKind kind, std::string_view name) {
  type_numbers_.write(static_cast<std::uint64_t>(kind));
  if (has_name(kind)) write_key(name);
}

void WriterV2::write_format(BytesView content) {
  Decoder decoder(content);
  write_key(take_checked_string(decoder));
  write_json(take_checked_string(decoder));
}

void WriterV2::write_subdocument(BytesView content) {
  Decoder decoder(content);
  write_string(take_checked_string(decoder));
  rest_.write_bytes(decoder.rest());
}

Bytes WriterV2::finish() {
  Encoder out(rest_.size() + 256);
  out.write_u8(0);
  out.write_var_bytes(key_clocks_.finish());
  out.write_var_bytes(clients_.finish());
  out.write_var_bytes(left_clocks_.finish());
  out.write_var_bytes(right_clocks_.finish());
  out.write_var_bytes(infos_.view());
  out.write_var_bytes(strings_.finish());
  out.write_var_bytes(parent_infos_.view());
  out.write_var_bytes(type_numbers_.finish());
  out.write_var_bytes(lengths_.finish());
  out.write_bytes(rest_.view());
  return out.take();
}

}  // namespace syncline::crdt
