#include "server/crdt/update_v1.h"

#include <algorithm>
#include <unordered_set>

#include "server/base/utf8.h"
#include "server/lib0/any.h"
#include "server/lib0/json.h"

namespace syncline::crdt {
namespace {

using lib0::Decoder;
using lib0::Encoder;

constexpr std::uint8_t kind_bits = 0x1F;
constexpr std::uint8_t has_sub_bit = 0x20;
constexpr std::uint8_t has_right_origin_bit = 0x40;
constexpr std::uint8_t has_origin_bit = 0x80;

// Reads one update into `out`. Each read_... returns false once the decoder has failed.
class UpdateReader {
 public:
  UpdateReader(BytesView update, const UpdateLimits& limits, DecodedUpdate& out)
      : decoder_(update), limits_(limits), out_(out) {}

  Result<void> read() {
    if (!read_clients() || !read_deletes()) return decoder_.failure();
    return decoder_.expect_end();
  }

 private:
  bool read_clients() {
    std::uint64_t clients = 0;
    if (!decoder_.take_var_uint(clients)) return false;
    if (clients > limits_.clients_max) return decoder_.fail(ErrorCode::too_large);
    std::unordered_set<ClientId> seen;
    for (; clients > 0; --clients) {
      if (!read_run()) return false;
      // yjs would keep only the last of two runs of one client.
      const bool only_one = clients == 1 && seen.empty();
      if (!only_one && !seen.insert(out_.runs.back().client).second) {
        return decoder_.fail(ErrorCode::malformed);
      }
    }
    return true;
  }

  bool read_run() {
    std::uint64_t count = 0;
    ClientRun run;
    Clock clock = 0;
    if (!decoder_.take_var_uint(count) || !decoder_.take_var_uint(run.client) ||
        !decoder_.take_var_uint(clock)) {
      return false;
    }
    if (count > decoder_.remaining()) return decoder_.fail(ErrorCode::truncated);
    if (count > limits_.structs_max - out_.structs.size()) {
      return decoder_.fail(ErrorCode::too_large);
    }
    run.begin = out_.structs.size();
    for (; count > 0; --count) {
      DecodedStruct& value = out_.structs.emplace_back();
      value.id = {run.client, clock};
      if (!read_struct(value)) return false;
      if (value.length == 0) return decoder_.fail(ErrorCode::malformed);
      if (value.length > limits::safe_integer_max - clock) {
        return decoder_.fail(ErrorCode::number_too_large);
      }
      clock += value.length;
    }
    run.end = out_.structs.size();
    out_.runs.push_back(run);
    return true;
  }

  bool read_struct(DecodedStruct& value) {
    std::uint8_t info = 0;
    if (!decoder_.take_u8(info)) return false;
    const auto kind = static_cast<std::uint8_t>(info & kind_bits);
    if (kind > static_cast<std::uint8_t>(StructKind::skip)) {
      return decoder_.fail(ErrorCode::unknown_type);
    }
    value.kind = static_cast<StructKind>(kind);
    if (!is_item(value.kind)) {
      // yjs' two readers disagree about further bits here.
      if (info != kind) return decoder_.fail(ErrorCode::malformed);
      return decoder_.take_var_uint(value.length);
    }
    value.has_origin = (info & has_origin_bit) != 0;
    value.has_right_origin = (info & has_right_origin_bit) != 0;
    // Also set where the parent is inherited, but says nothing there: yjs drops it when reading.
    value.has_sub = (info & has_sub_bit) != 0 && !value.has_origin && !value.has_right_origin;
    if (value.has_origin && !read_reference(value.id, value.origin)) return false;
    if (value.has_right_origin && !read_reference(value.id, value.right_origin)) return false;
    if (!value.has_origin && !value.has_right_origin && !read_parent(value)) return false;
    return read_content(value);
  }

  // An id that the struct `of` depends on. yjs throws if a client refers to its own future.
  bool read_reference(const Id& of, Id& out) {
    if (!decoder_.take_var_uint(out.client) || !decoder_.take_var_uint(out.clock)) return false;
    if (out.client == of.client && out.clock >= of.clock) {
      return decoder_.fail(ErrorCode::malformed);
    }
    return true;
  }

  bool read_parent(DecodedStruct& value) {
    std::uint64_t is_root = 0;
    if (!decoder_.take_var_uint(is_root)) return false;
    if (is_root > 1) return decoder_.fail(ErrorCode::malformed);
    value.parent = is_root == 1 ? ParentKind::root : ParentKind::item;
    const bool read = is_root == 1 ? decoder_.take_var_string(value.root)
                                   : read_reference(value.id, value.parent_item);
    return read && (!value.has_sub || decoder_.take_var_string(value.sub));
  }

  bool read_content(DecodedStruct& value) {
    value.length = 1;
    switch (value.kind) {
      case StructKind::gc:
      case StructKind::skip:
      case StructKind::deleted:
        return decoder_.take_var_uint(value.length);
      case StructKind::json:
        return read_json_run(value);
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
        return read_embed(value);
      case StructKind::format:
        return read_format(value);
      case StructKind::type:
        return read_type(value);
      case StructKind::any:
        return read_any_run(value);
      case StructKind::doc:
        return read_subdocument(value);
    }
    return decoder_.fail(ErrorCode::unknown_type);
  }

  // Reads a JSON text; `rewritten` gets JSON.stringify(JSON.parse(text)) if that is another text.
  bool read_json(std::string_view& text, std::optional<std::string>& rewritten) {
    rewritten.reset();
    if (!decoder_.take_var_string(text)) return false;
    if (auto checked = lib0::check_json(text); !checked.ok()) {
      return decoder_.fail(checked.error().code);
    }
    if (lib0::is_plainly_canonical_json(text)) return true;
    std::string canonical = lib0::to_json(lib0::parse_json(text).value());
    if (canonical != text) rewritten = std::move(canonical);
    return true;
  }

  void keep(DecodedStruct& value, Encoder& encoder) {
    value.content = out_.rewritten.emplace_back(encoder.take());
  }

  bool read_json_run(DecodedStruct& value) {
    if (!decoder_.take_var_uint(value.length)) return false;
    if (value.length > decoder_.remaining()) return decoder_.fail(ErrorCode::truncated);
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
    value.content = decoder_.since(begin);
    if (changed) keep(value, encoder);
    return true;
  }

  bool read_embed(DecodedStruct& value) {
    const std::size_t begin = decoder_.position();
    std::string_view text;
    std::optional<std::string> rewritten;
    if (!read_json(text, rewritten)) return false;
    value.content = decoder_.since(begin);
    if (rewritten) {
      Encoder encoder;
      encoder.write_var_string(*rewritten);
      keep(value, encoder);
    }
    return true;
  }

  bool read_format(DecodedStruct& value) {
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
      keep(value, encoder);
    }
    return true;
  }

  bool read_type(DecodedStruct& value) {
    const std::size_t begin = decoder_.position();
    std::uint64_t kind = 0;
    if (!decoder_.take_var_uint(kind)) return false;
    if (kind >= static_cast<std::uint64_t>(TypeKind::unknown)) {
      return decoder_.fail(ErrorCode::unknown_type);
    }
    std::string_view name;
    if (has_name(static_cast<TypeKind>(kind)) && !decoder_.take_var_string(name)) return false;
    value.content = decoder_.since(begin);
    return true;
  }

  bool read_any_run(DecodedStruct& value) {
    if (!decoder_.take_var_uint(value.length)) return false;
    if (value.length > decoder_.remaining()) return decoder_.fail(ErrorCode::truncated);
    const std::size_t begin = decoder_.position();
    bool all_canonical = true;
    for (Clock i = 0; i < value.length; ++i) {
      bool canonical = true;
      if (!lib0::skip_any(decoder_, limits::nesting_depth_max, canonical)) return false;
      all_canonical &= canonical;
    }
    value.content = decoder_.since(begin);
    if (!all_canonical) {
      Decoder again(value.content);
      Encoder encoder;
      for (Clock i = 0; i < value.length; ++i) {
        lib0::write_any(encoder, lib0::read_any(again).value());
      }
      keep(value, encoder);
    }
    return true;
  }

  // yjs keeps of a subdocument's options what it knows, and writes only what is not the default.
  bool read_subdocument(DecodedStruct& value) {
    std::string_view guid;
    if (!decoder_.take_var_string(guid)) return false;
    auto options = lib0::read_any(decoder_);
    if (!options.ok()) return decoder_.fail(options.error().code);
    // `guid` in the options would override the document's own.
    if (!options->is_object() || options->find("guid")) return decoder_.fail(ErrorCode::malformed);
    lib0::Any::Object known;
    const lib0::Any* gc = options->find("gc");
    if (gc && !gc->is_undefined() && !gc->truthy()) known.emplace_back("gc", false);
    const lib0::Any* auto_load = options->find("autoLoad");
    if (auto_load && auto_load->truthy()) known.emplace_back("autoLoad", true);
    const lib0::Any* meta = options->find("meta");
    if (meta && !meta->is_undefined() && !meta->is_null()) known.emplace_back("meta", *meta);
    Encoder encoder;
    encoder.write_var_string(guid);
    lib0::write_any(encoder, lib0::Any::object(std::move(known)));
    keep(value, encoder);
    return true;
  }

  bool read_deletes() {
    std::uint64_t clients = 0;
    if (!decoder_.take_var_uint(clients)) return false;
    if (clients > limits_.clients_max) return decoder_.fail(ErrorCode::too_large);
    std::unordered_set<ClientId> seen;
    for (; clients > 0; --clients) {
      ClientId client = 0;
      std::uint64_t count = 0;
      if (!decoder_.take_var_uint(client) || !decoder_.take_var_uint(count)) return false;
      const bool only_one = clients == 1 && seen.empty();
      if (!only_one && !seen.insert(client).second) return decoder_.fail(ErrorCode::malformed);
      if (!read_delete_ranges(client, count)) return false;
    }
    return true;
  }

  // Sorted and apart, as every client writes them: yjs keeps what it cannot apply yet in a form
  // that holds only differences, and would garble or refuse others.
  bool read_delete_ranges(ClientId client, std::uint64_t count) {
    if (count > decoder_.remaining() / 2) return decoder_.fail(ErrorCode::truncated);
    if (count > limits_.delete_ranges_max - out_.deletes.size()) {
      return decoder_.fail(ErrorCode::too_large);
    }
    Clock end = 0;
    for (; count > 0; --count) {
      IdRange range{client, 0, 0};
      if (!decoder_.take_var_uint(range.clock) || !decoder_.take_var_uint(range.length)) {
        return false;
      }
      if (range.length == 0 || range.clock < end) return decoder_.fail(ErrorCode::malformed);
      if (range.length > limits::safe_integer_max - range.clock) {
        return decoder_.fail(ErrorCode::number_too_large);
      }
      end = range.end();
      out_.deletes.push_back(range);
    }
    return true;
  }

  Decoder decoder_;
  const UpdateLimits& limits_;
  DecodedUpdate& out_;
};

void write_id(Encoder& encoder, const Id& id) {
  encoder.write_var_uint(id.client);
  encoder.write_var_uint(id.clock);
}

}  // namespace

void DecodedUpdate::clear() {
  structs.clear();
  runs.clear();
  deletes.clear();
  rewritten.clear();
}

Result<void> decode_update(BytesView update, const UpdateLimits& limits, DecodedUpdate& out) {
  out.clear();
  return UpdateReader(update, limits, out).read();
}

void drop_front(DecodedStruct& value, Clock offset, std::deque<Bytes>& owned) {
  if (offset == 0) return;
  if (value.kind == StructKind::string || value.kind == StructKind::any ||
      value.kind == StructKind::json) {
    bool cuts_pair = false;
    const std::size_t from =
        content_offset(value.kind, value.content, value.length, offset, cuts_pair);
    if (cuts_pair) {
      Bytes& text = owned.emplace_back(to_bytes(as_bytes(replacement_character)));
      const BytesView rest = value.content.subspan(from + 4);
      text.insert(text.end(), rest.begin(), rest.end());
      value.content = text;
    } else {
      value.content = value.content.subspan(from);
    }
  }
  value.id.clock += offset;
  value.length -= offset;
  if (is_item(value.kind)) {
    value.has_origin = true;
    value.origin = {value.id.client, value.id.clock - 1};
  }
}

void write_struct(Encoder& encoder, const DecodedStruct& value, Clock offset) {
  const bool has_origin = value.has_origin || (offset > 0 && is_item(value.kind));
  encoder.write_u8(static_cast<std::uint8_t>(
      static_cast<std::uint8_t>(value.kind) | (has_origin ? has_origin_bit : 0) |
      (value.has_right_origin ? has_right_origin_bit : 0) | (value.has_sub ? has_sub_bit : 0)));
  if (has_origin) {
    write_id(encoder, offset > 0 ? Id{value.id.client, value.id.clock + offset - 1} : value.origin);
  }
  if (value.has_right_origin) write_id(encoder, value.right_origin);
  if (is_item(value.kind) && !has_origin && !value.has_right_origin) {
    encoder.write_u8(value.parent == ParentKind::root ? 1 : 0);
    if (value.parent == ParentKind::root) {
      encoder.write_var_string(value.root);
    } else {
      write_id(encoder, value.parent_item);
    }
    if (value.has_sub) encoder.write_var_string(value.sub);
  }
  write_content(encoder, value.kind, value.content, value.length, offset);
}

void write_delete_set(Encoder& encoder, std::vector<IdRange> ranges) {
  std::stable_sort(ranges.begin(), ranges.end(),
                   [](const IdRange& a, const IdRange& b) { return a.client > b.client; });
  std::size_t clients = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i == 0 || ranges[i].client != ranges[i - 1].client) ++clients;
  }
  encoder.write_var_uint(clients);
  for (std::size_t i = 0; i < ranges.size();) {
    std::size_t end = i;
    while (end < ranges.size() && ranges[end].client == ranges[i].client) ++end;
    encoder.write_var_uint(ranges[i].client);
    encoder.write_var_uint(end - i);
    for (; i < end; ++i) {
      encoder.write_var_uint(ranges[i].clock);
      encoder.write_var_uint(ranges[i].length);
    }
  }
}

void sort_and_merge(std::vector<IdRange>& ranges) {
  if (ranges.size() < 2) return;
  std::sort(ranges.begin(), ranges.end(), [](const IdRange& a, const IdRange& b) {
    return a.client != b.client ? a.client < b.client : a.clock < b.clock;
  });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    IdRange& last = ranges[kept];
    const IdRange& next = ranges[i];
    if (next.client == last.client && next.clock <= last.end()) {
      last.length = std::max(last.end(), next.end()) - last.clock;
    } else {
      ranges[++kept] = next;
    }
  }
  ranges.resize(kept + 1);
}

}  // namespace syncline::crdt
