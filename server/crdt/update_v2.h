#pragma once

#include <string_view>

#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/crdt/decoded_update.h"
#include "server/lib0/encoder.h"
#include "server/lib0/rle.h"

// Update format v2: like fields stand together, each kind in a codec of its own
// (server/lib0/rle.h):
//   update  = 0 key clocks, clients, left clocks, right clocks, infos, strings, parent infos, type
//             numbers, lengths (each preceded by its size), rest
// Counts, first clocks, `any` values, binary contents and the delete set make up the rest. Embeds
// and the values of formats are `any` here, and JSON texts in v1 and in the document: what JSON has
// no word for (NaN, bytes, an undefined property) becomes what JSON.stringify makes of it.

namespace syncline::crdt {

// Adds what the update holds to `out`.
Result<void> decode_update_v2(BytesView update, const UpdateLimits& limits, DecodedUpdate& out);

// Writes the fields of an update; the rest goes into an encoder that somebody else owns.
class WriterV2 {
 public:
  explicit WriterV2(lib0::Encoder& rest) : rest_(rest) {}

  lib0::Encoder& rest() { return rest_; }
  void write_client(ClientId client) { clients_.write(client); }
  void write_info(std::uint8_t info) { infos_.write(info); }
  void write_left_id(const Id& id) {
    clients_.write(id.client);
    left_clocks_.write(id.clock);
  }
  void write_right_id(const Id& id) {
    clients_.write(id.client);
    right_clocks_.write(id.clock);
  }
  void write_parent_info(bool is_root) { parent_infos_.write(is_root ? 1 : 0); }
  void write_string(std::string_view text);
  void write_type(TypeKind kind, std::string_view name);
  void write_content(StructKind kind, BytesView content, Clock length, Clock offset);
  void write_delete_range(Clock previous_end, const IdRange& range) {
    rest_.write_var_uint(range.clock - previous_end);
    rest_.write_var_uint(range.length - 1);
  }
  Bytes finish();

 private:
  void write_key(std::string_view key);
  void write_json(std::string_view text);
  void write_text(BytesView content, Clock length, Clock offset);
  void write_json_run(BytesView content, Clock length, Clock offset);
  void write_format(BytesView content);
  void write_subdocument(BytesView content);

  lib0::Encoder& rest_;
  std::uint64_t keys_ = 0;
  lib0::IntDiffOptRleEncoder key_clocks_;
  lib0::UintOptRleEncoder clients_;
  lib0::IntDiffOptRleEncoder left_clocks_;
  lib0::IntDiffOptRleEncoder right_clocks_;
  lib0::RleEncoder infos_;
  lib0::StringEncoder strings_;
  lib0::RleEncoder parent_infos_;
  lib0::UintOptRleEncoder type_numbers_;
  lib0::UintOptRleEncoder lengths_;
};

}  // namespace syncline::crdt
