#pragma once

#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/crdt/decoded_update.h"
#include "server/lib0/encoder.h"

// Update format v1: every field where it is due, one after the other.

namespace syncline::crdt {

// Adds what the update holds to `out`.
Result<void> decode_update_v1(BytesView update, const UpdateLimits& limits, DecodedUpdate& out);

// Reads one struct that write_struct has written. `value` has its id, and gets the rest; what has
// to be rewritten goes to out.rewritten.
Result<void> decode_struct_v1(BytesView bytes, DecodedStruct& value, DecodedUpdate& out);

// The same for its kind and the ids that it refers to; costs the same for long contents as for
// short ones.
Result<void> decode_references_v1(BytesView bytes, DecodedStruct& value);

// Writes the fields of an update into an encoder that somebody else owns.
class WriterV1 {
 public:
  explicit WriterV1(lib0::Encoder& out) : out_(out) {}

  lib0::Encoder& rest() { return out_; }
  void write_client(ClientId client) { out_.write_var_uint(client); }
  void write_info(std::uint8_t info) { out_.write_u8(info); }
  void write_left_id(const Id& id) { write_id(id); }
  void write_right_id(const Id& id) { write_id(id); }
  void write_parent_info(bool is_root) { out_.write_u8(is_root ? 1 : 0); }
  void write_string(std::string_view text) { out_.write_var_string(text); }
  void write_content(StructKind kind, BytesView content, Clock length, Clock offset) {
    crdt::write_content(out_, kind, content, length, offset);
  }
  void write_type(TypeKind kind, std::string_view name) {
    out_.write_var_uint(static_cast<std::uint64_t>(kind));
    if (has_name(kind)) out_.write_var_string(name);
  }
  void write_delete_range(Clock /*previous_end*/, const IdRange& range) {
    out_.write_var_uint(range.clock);
    out_.write_var_uint(range.length);
  }
  Bytes finish() { return out_.take(); }

 private:
  void write_id(const Id& id) {
    out_.write_var_uint(id.client);
    out_.write_var_uint(id.clock);
  }

  lib0::Encoder& out_;
};

void write_struct(lib0::Encoder& encoder, const DecodedStruct& value, Clock offset);

// REQUIRES: one client's ranges stand together, in the order to be written.
void write_delete_set(lib0::Encoder& encoder, std::vector<IdRange> ranges);

}  // namespace syncline::crdt
