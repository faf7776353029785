#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/limits.h"
#include "server/crdt/decoded_update.h"
#include "server/lib0/decoder.h"

// What both update formats have in common when they are read:
//   update  = clients(n) { structs(k) client clock { struct }k }n  delete set
//   struct  = info [origin] [right origin] [parent [parent sub]] content
// Where each field comes from, and in which form, is the business of a `Source` (one for each
// format).

namespace syncline::crdt {

inline constexpr std::uint8_t kind_bits = 0x1F;
inline constexpr std::uint8_t has_sub_bit = 0x20;
inline constexpr std::uint8_t has_right_origin_bit = 0x40;
inline constexpr std::uint8_t has_origin_bit = 0x80;

// Checks a JSON text; `rewritten` gets JSON.stringify(JSON.parse(text)) if that is another text.
// Unless it was accepted before, no number may be beyond all doubles: JSON has no word for what it
// would be read as, and yjs would keep an Infinity, pass it on in format v2 and make null of it in
// v1.
Result<void> check_json_text(std::string_view text, bool accepted_before,
                             std::optional<std::string>& rewritten);

// Reads the `value.length` elements of an `any` content, which have the same form in both formats.
bool read_any_elements(lib0::Decoder& decoder, DecodedStruct& value, DecodedUpdate& out);

// Reads the options of a subdocument, and makes the content of it and its guid. yjs keeps of the
// options what it knows, and writes only what is not the default.
bool read_subdocument_options(lib0::Decoder& decoder, std::string_view guid, DecodedStruct& value,
                              DecodedUpdate& out);

// Reads one update behind what `out` holds already. Each read_... returns false once the source has
// failed.
template <class Source>
class UpdateReader {
 public:
  // `structs_max` bounds what the source may claim.
  UpdateReader(Source& source, const UpdateLimits& limits, std::size_t structs_max,
               DecodedUpdate& out)
      : source_(source),
        limits_(limits),
        structs_max_(structs_max),
        out_(out),
        first_run_(out.runs.size()),
        first_struct_(out.structs.size()),
        first_delete_(out.deletes.size()) {}

  Result<void> read() {
    if (!read_clients() || !read_deletes()) return source_.failure();
    return source_.expect_end();
  }

  // One struct alone, whose id is known.
  Result<void> read_one(DecodedStruct& value) {
    if (!read_struct(value)) return source_.failure();
    return source_.expect_end();
  }

  // Of such a struct only its kind and which ids it refers to.
  Result<void> read_references(DecodedStruct& value) {
    bool parent_is_next = false;
    if (!read_kind_and_origins(value, parent_is_next)) return source_.failure();
    if (!parent_is_next) return {};
    bool is_root = false;
    if (!source_.take_parent_info(is_root)) return source_.failure();
    if (is_root) return {};
    value.parent = ParentKind::item;
    if (!source_.take_left_id(value.parent_item)) return source_.failure();
    return {};
  }

 private:
  bool read_clients() {
    std::uint64_t clients = 0;
    if (!source_.take_number(clients)) return false;
    if (clients > limits_.clients_max) return source_.fail(ErrorCode::too_large);
    bool descending = true;
    for (; clients > 0; --clients) {
      if (!read_run()) return false;
      const std::size_t last = out_.runs.size() - 1;
      descending &= last == first_run_ || out_.runs[last].client < out_.runs[last - 1].client;
    }
    // yjs would keep only the last of two runs of one client.
    return descending || runs_are_distinct() || source_.fail(ErrorCode::malformed);
  }

  bool runs_are_distinct() const {
    std::vector<ClientId> clients;
    for (std::size_t i = first_run_; i < out_.runs.size(); ++i) {
      clients.push_back(out_.runs[i].client);
    }
    return are_distinct(clients);
  }

  static bool are_distinct(std::vector<ClientId>& clients) {
    std::sort(clients.begin(), clients.end());
    return std::adjacent_find(clients.begin(), clients.end()) == clients.end();
  }

  bool read_run() {
    std::uint64_t count = 0;
    ClientRun run;
    Clock clock = 0;
    if (!source_.take_number(count) || !source_.take_client(run.client) ||
        !source_.take_number(clock)) {
      return false;
    }
    if (!source_.may_hold_structs(count)) return source_.fail(ErrorCode::truncated);
    if (count > structs_max_ - (out_.structs.size() - first_struct_))
      return source_.fail(ErrorCode::too_large);
    run.begin = out_.structs.size();
    make_room(count);
    for (; count > 0; --count) {
      DecodedStruct& value = out_.structs.emplace_back();
      value.id = {run.client, clock};
      if (!read_struct(value)) return false;
      if (value.length == 0) return source_.fail(ErrorCode::malformed);
      if (value.length > limits::safe_integer_max - clock) {
        return source_.fail(ErrorCode::number_too_large);
      }
      clock += value.length;
      run.content_bytes += value.content.size();
    }
    run.end = out_.structs.size();
    out_.runs.push_back(run);
    return true;
  }

  // Ahead for long runs; what an update claims is believed as far as its size allows.
  void make_room(std::uint64_t structs) {
    constexpr std::uint64_t worth_it = 64;
    constexpr std::size_t bytes_min = 8;  // Nearly no struct is smaller.
    if (structs < worth_it) return;
    const std::size_t likely = std::min<std::size_t>(structs, source_.remaining() / bytes_min);
    const std::size_t wanted = out_.structs.size() + likely;
    if (wanted <= out_.structs.capacity()) return;
    out_.structs.reserve(std::max(wanted, 2 * out_.structs.capacity()));
  }

  bool read_struct(DecodedStruct& value) {
    bool parent_is_next = false;
    if (!read_kind_and_origins(value, parent_is_next)) return false;
    if (value.kind == StructKind::skip) return source_.take_number(value.length);
    if (value.kind == StructKind::gc) return source_.take_length(value.length);
    if (parent_is_next && !read_parent(value)) return false;
    value.length = 1;
    return source_.read_content(value, out_);
  }

  // `parent_is_next`: it is named, since there is no neighbour to take it from.
  bool read_kind_and_origins(DecodedStruct& value, bool& parent_is_next) {
    std::uint8_t info = 0;
    if (!source_.take_info(info)) return false;
    const auto kind = static_cast<std::uint8_t>(info & kind_bits);
    if (kind > static_cast<std::uint8_t>(StructKind::skip)) {
      return source_.fail(ErrorCode::unknown_type);
    }
    value.kind = static_cast<StructKind>(kind);
    if (!is_item(value.kind)) {
      // yjs' two readers disagree about further bits here.
      return info == kind || source_.fail(ErrorCode::malformed);
    }
    value.has_origin = (info & has_origin_bit) != 0;
    value.has_right_origin = (info & has_right_origin_bit) != 0;
    parent_is_next = !value.has_origin && !value.has_right_origin;
    // Also set where the parent is inherited, but says nothing there: yjs drops it when reading.
    value.has_sub = (info & has_sub_bit) != 0 && parent_is_next;
    if (value.has_origin &&
        (!source_.take_left_id(value.origin) || !check_reference(value.id, value.origin))) {
      return false;
    }
    return !value.has_right_origin || (source_.take_right_id(value.right_origin) &&
                                       check_reference(value.id, value.right_origin));
  }

  // `to` is an id that the struct `of` depends on. yjs throws if a client refers to its own future.
  bool check_reference(const Id& of, const Id& to) {
    return to.client != of.client || to.clock < of.clock || source_.fail(ErrorCode::malformed);
  }

  bool read_parent(DecodedStruct& value) {
    bool is_root = false;
    if (!source_.take_parent_info(is_root)) return false;
    value.parent = is_root ? ParentKind::root : ParentKind::item;
    const bool read = is_root ? source_.take_string(value.root, out_)
                              : source_.take_left_id(value.parent_item) &&
                                    check_reference(value.id, value.parent_item);
    return read && (!value.has_sub || source_.take_string(value.sub, out_));
  }

  bool read_deletes() {
    std::uint64_t clients = 0;
    if (!source_.take_number(clients)) return false;
    if (clients > limits_.clients_max) return source_.fail(ErrorCode::too_large);
    std::vector<ClientId> seen;
    const bool several = clients > 1;
    for (; clients > 0; --clients) {
      ClientId client = 0;
      std::uint64_t count = 0;
      if (!source_.take_number(client) || !source_.take_number(count)) return false;
      if (several) seen.push_back(client);
      if (!read_delete_ranges(client, count)) return false;
    }
    return are_distinct(seen) || source_.fail(ErrorCode::malformed);
  }

  // Sorted and apart, as every client writes them: yjs keeps what it cannot apply yet in a form
  // that holds only differences, and would garble or refuse others.
  bool read_delete_ranges(ClientId client, std::uint64_t count) {
    if (count > source_.remaining() / 2) return source_.fail(ErrorCode::truncated);
    if (count > limits_.delete_ranges_max - (out_.deletes.size() - first_delete_)) {
      return source_.fail(ErrorCode::too_large);
    }
    Clock end = 0;
    for (; count > 0; --count) {
      IdRange range{client, 0, 0};
      if (!source_.take_delete_range(end, range)) return false;
      if (range.length == 0 || range.clock < end) return source_.fail(ErrorCode::malformed);
      if (range.clock > limits::safe_integer_max ||
          range.length > limits::safe_integer_max - range.clock) {
        return source_.fail(ErrorCode::number_too_large);
      }
      end = range.end();
      out_.deletes.push_back(range);
    }
    return true;
  }

  Source& source_;
  const UpdateLimits& limits_;
  const std::size_t structs_max_;
  DecodedUpdate& out_;
  const std::size_t first_run_;
  const std::size_t first_struct_;
  const std::size_t first_delete_;
};

}  // namespace syncline::crdt
