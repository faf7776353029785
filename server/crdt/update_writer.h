#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/crdt/decoded_update.h"
#include "server/crdt/update_reader.h"
#include "server/lib0/encoder.h"

// What both update formats have in common when they are written. A `Writer` (WriterV1, WriterV2)
// says how each field is written; a `View` (DecodedView, the document's ItemView) where it comes
// from. All of it is inlined.

namespace syncline::crdt {

// A struct of an update, to be written.
class DecodedView {
 public:
  explicit DecodedView(const DecodedStruct& value) : value_(value) {}

  StructKind kind() const { return value_.kind; }
  const Id& id() const { return value_.id; }
  bool has_origin() const { return value_.has_origin; }
  bool has_right_origin() const { return value_.has_right_origin; }
  bool has_sub() const { return value_.has_sub; }
  const Id& origin() const { return value_.origin; }
  const Id& right_origin() const { return value_.right_origin; }
  bool parent_is_root() const { return value_.parent == ParentKind::root; }
  std::string_view root() const { return value_.root; }
  const Id& parent_item() const { return value_.parent_item; }
  std::string_view sub() const { return value_.sub; }

  template <class Writer>
  void write_content(Writer& writer, Clock offset) const {
    writer.write_content(value_.kind, value_.content, value_.length, offset);
  }

 private:
  const DecodedStruct& value_;
};

// Writes a struct from element `offset` on, as yjs' struct.write(encoder, offset).
template <class Writer, class View>
void write_struct(Writer& writer, const View& value, Clock offset) {
  if (!is_item(value.kind())) {
    writer.write_info(static_cast<std::uint8_t>(value.kind()));
    return value.write_content(writer, offset);
  }
  const bool has_origin = value.has_origin() || offset > 0;
  const bool has_right_origin = value.has_right_origin();
  const bool has_sub = value.has_sub();
  writer.write_info(static_cast<std::uint8_t>(
      static_cast<unsigned>(value.kind()) | (has_origin ? has_origin_bit : 0U) |
      (has_right_origin ? has_right_origin_bit : 0U) | (has_sub ? has_sub_bit : 0U)));
  if (offset > 0) {
    writer.write_left_id({value.id().client, value.id().clock + offset - 1});
  } else if (has_origin) {
    writer.write_left_id(value.origin());
  }
  if (has_right_origin) writer.write_right_id(value.right_origin());
  if (!has_origin && !has_right_origin) {
    writer.write_parent_info(value.parent_is_root());
    if (value.parent_is_root()) {
      writer.write_string(value.root());
    } else {
      writer.write_left_id(value.parent_item());
    }
    if (has_sub) writer.write_string(value.sub());
  }
  value.write_content(writer, offset);
}

// yjs' writeDeleteSet. REQUIRES: one client's ranges stand together, in the order to be written.
template <class Writer>
void write_delete_set(Writer& writer, std::vector<IdRange> ranges) {
  const auto higher = [](const IdRange& a, const IdRange& b) { return a.client > b.client; };
  if (!std::is_sorted(ranges.begin(), ranges.end(), higher)) {
    std::stable_sort(ranges.begin(), ranges.end(), higher);
  }
  std::size_t clients = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i == 0 || ranges[i].client != ranges[i - 1].client) ++clients;
  }
  lib0::Encoder& rest = writer.rest();
  rest.write_var_uint(clients);
  for (std::size_t i = 0; i < ranges.size();) {
    std::size_t end = i;
    while (end < ranges.size() && ranges[end].client == ranges[i].client) ++end;
    rest.write_var_uint(ranges[i].client);
    rest.write_var_uint(end - i);
    Clock previous_end = 0;
    for (; i < end; ++i) {
      writer.write_delete_range(previous_end, ranges[i]);
      previous_end = ranges[i].end();
    }
  }
}

// yjs' LazyStructWriter: takes structs in order and frames them by client.
template <class Writer>
class RunWriter {
 public:
  void write(const DecodedStruct& value, Clock offset) {
    if (written_ > 0 && client_ != value.id.client) flush();
    if (written_ == 0) {
      client_ = value.id.client;
      writer_.write_client(client_);
      rest_.write_var_uint(value.id.clock + offset);
    }
    write_struct(writer_, DecodedView(value), offset);
    ++written_;
  }

  Bytes finish(std::vector<IdRange> deletes) {
    flush();
    rest_.write_var_uint(runs_);
    rest_.write_bytes(body_.view());
    write_delete_set(writer_, std::move(deletes));
    return writer_.finish();
  }

 private:
  void flush() {
    if (written_ == 0) return;
    body_.write_var_uint(written_);
    body_.write_bytes(rest_.view());
    rest_.clear();
    written_ = 0;
    ++runs_;
  }

  lib0::Encoder rest_;
  Writer writer_{rest_};
  lib0::Encoder body_;
  ClientId client_ = 0;
  std::size_t written_ = 0;
  std::size_t runs_ = 0;
};

}  // namespace syncline::crdt
