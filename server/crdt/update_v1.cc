#include "server/crdt/update_v1.h"

#include "server/base/utf8.h"
#include "server/crdt/update_reader.h"
#include "server/crdt/update_writer.h"
#include "server/lib0/any.h"
#include "server/lib0/decoder.h"

namespace syncline::crdt {
namespace {

using lib0::Decoder;
using lib0::Encoder;

class SourceV1 {
 public:
  SourceV1(BytesView update, const UpdateLimits& limits)
      : accepted_before_(limits.accepted_before), decoder_(update) {}

  bool fail(ErrorCode code) { return decoder_.fail(code); }
  ErrorCode failure() const { return decoder_.failure(); }
  Result<void> expect_end() const { return decoder_.expect_end(); }
  std::size_t remaining() const { return decoder_.remaining(); }
  bool may_hold_structs(std::uint64_t count) const { return count <= decoder_.remaining(); }

  bool take_number(std::uint64_t& out) { return decoder_.take_var_uint(out); }
  bool take_client(ClientId& out) { return decoder_.take_var_uint(out); }
  bool take_length(Clock& out) { return decoder_.take_var_uint(out); }
  bool take_info(std::uint8_t& out) { return decoder_.take_u8(out); }
  bool take_left_id(Id& out) { return take_id(last_left_, out); }
  bool take_right_id(Id& out) { return take_id(last_right_, out); }
  bool take_parent_info(bool& is_root) {
    std::uint64_t word = 0;
    if (!decoder_.take_var_uint(word)) return false;
    is_root = word == 1;
    return word <= 1 || fail(ErrorCode::malformed);
  }
  bool take_string(std::string_view& out, DecodedUpdate&) { return decoder_.take_var_string(out); }
  bool take_delete_range(Clock /*previous_end*/, IdRange& out) {
    return decoder_.take_var_uint(out.clock) && decoder_.take_var_uint(out.length);
  }

  bool read_content(DecodedStruct& value, DecodedUpdate& out) {
    switch (value.kind) {
      case StructKind::gc:
      case StructKind::skip:
      case StructKind::deleted:
        return decoder_.take_var_uint(value.length);
      case StructKind::json:
        return read_json_run(value, out);
      case StructKind::binary:
        return decoder_.take_var_bytes(value.content);
      case StructKind::string: {
        std::string_view text;
        if (!decoder_.take_var_string(text)) return false;
        value.length = utf16_length(text);
        value.content = as_bytes(text);
        return true;
      }
      case StructKind::embed:
        return read_embed(value, out);
      case StructKind::format:
        return read_format(value, out);
      case StructKind::type:
        return read_type(value);
      case StructKind::any:
        return read_any_run(value, out);
      case StructKind::doc:
        return read_subdocument(value, out);
    }
    return fail(ErrorCode::unknown_type);
  }

 private:
  bool take_id(lib0::RepeatedVarUint& last, Id& out) {
    return decoder_.take_var_uint(last, out.client) && decoder_.take_var_uint(out.clock);
  }

  bool read_json(std::string_view& text, std::optional<std::string>& rewritten) {
    if (!decoder_.take_var_string(text)) return false;
    const auto checked = check_json_text(text, accepted_before_, rewritten);
    return checked.ok() || fail(checked.error().code);
  }

  bool read_json_run(DecodedStruct& value, DecodedUpdate& out) {
    if (!decoder_.take_var_uint(value.length)) return false;
    if (value.length > decoder_.remaining()) return fail(ErrorCode::truncated);
    const std::size_t begin = decoder_.position();
    Encoder encoder;
    bool changed = false;
    for (Clock i = 0; i < value.length; ++i) {
      const std::size_t at = decoder_.position();
      std::string_view text;
      std::optional<std::string> rewritten;
      // yjs writes the bare word for an undefined element.
      BytesView word = decoder_.rest().first(std::min<std::size_t>(10, decoder_.remaining()));
      if (as_text(word) == "\x09undefined") {
        if (!decoder_.take_var_string(text)) return false;
      } else if (!read_json(text, rewritten)) {
        return false;
      }
      if (rewritten && !changed) {
        encoder.write_bytes(decoder_.since(begin).first(at - begin));
        changed = true;
      }
      if (changed) encoder.write_var_string(rewritten ? *rewritten : text);
    }
    value.content = changed ? out.rewritten.keep(encoder.view()) : decoder_.since(begin);
    return true;
  }

  bool read_embed(DecodedStruct& value, DecodedUpdate& out) {
    const std::size_t begin = decoder_.position();
    std::string_view text;
    std::optional<std::string> rewritten;
    if (!read_json(text, rewritten)) return false;
    value.content = decoder_.since(begin);
    if (rewritten) {
      Encoder encoder;
      encoder.write_var_string(*rewritten);
      value.content = out.rewritten.keep(encoder.view());
    }
    return true;
  }

  bool read_format(DecodedStruct& value, DecodedUpdate& out) {
    const std::size_t begin = decoder_.position();
    std::string_view key;
    std::string_view text;
    std::optional<std::string> rewritten;
    if (!decoder_.take_var_string(key) || !read_json(text, rewritten)) return false;
    value.content = decoder_.since(begin);
    if (rewritten) {
      Encoder encoder;
      encoder.write_var_string(key);
      encoder.write_var_string(*rewritten);
      value.content = out.rewritten.keep(encoder.view());
    }
    return true;
  }

  bool read_type(DecodedStruct& value) {
    const std::size_t begin = decoder_.position();
    std::uint64_t kind = 0;
    if (!decoder_.take_var_uint(kind)) return false;
    if (kind >= static_cast<std::uint64_t>(TypeKind::unknown)) {
      return fail(ErrorCode::unknown_type);
    }
    std::string_view name;
    if (has_name(static_cast<TypeKind>(kind)) && !decoder_.take_var_string(name)) return false;
    value.content = decoder_.since(begin);
    return true;
  }

  bool read_any_run(DecodedStruct& value, DecodedUpdate& out) {
    if (!decoder_.take_var_uint(value.length)) return false;
    return read_any_elements(decoder_, value, out);
  }

  bool read_subdocument(DecodedStruct& value, DecodedUpdate& out) {
    std::string_view guid;
    if (!decoder_.take_var_string(guid)) return false;
    return read_subdocument_options(decoder_, guid, value, out);
  }

  const bool accepted_before_;
  Decoder decoder_;
  lib0::RepeatedVarUint last_left_;  // Clients of origins, and of right origins.
  lib0::RepeatedVarUint last_right_;
};

}  // namespace

Result<void> decode_update_v1(BytesView update, const UpdateLimits& limits, DecodedUpdate& out) {
  SourceV1 source(update, limits);
  return UpdateReader<SourceV1>(source, limits, limits.structs_max, out).read();
}

Result<void> decode_struct_v1(BytesView bytes, DecodedStruct& value, DecodedUpdate& out) {
  const UpdateLimits limits = UpdateLimits::none();
  SourceV1 source(bytes, limits);
  return UpdateReader<SourceV1>(source, limits, limits.structs_max, out).read_one(value);
}

Result<void> decode_references_v1(BytesView bytes, DecodedStruct& value) {
  const UpdateLimits limits = UpdateLimits::none();
  SourceV1 source(bytes, limits);
  DecodedUpdate none;
  return UpdateReader<SourceV1>(source, limits, limits.structs_max, none).read_references(value);
}

void write_struct(Encoder& encoder, const DecodedStruct& value, Clock offset) {
  WriterV1 writer(encoder);
  write_struct(writer, DecodedView(value), offset);
}

void write_delete_set(Encoder& encoder, std::vector<IdRange> ranges) {
  WriterV1 writer(encoder);
  write_delete_set(writer, std::move(ranges));
}

}  // namespace syncline::crdt
