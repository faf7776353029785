#include "loadgen/run/typist.h"

#include <string>

#include "loadgen/client/update_ids.h"
#include "loadgen/run/random.h"
#include "server/base/assert.h"
#include "server/lib0/encoder.h"

namespace syncline::loadgen {
namespace {

constexpr std::uint8_t text_tag = 4;
constexpr std::uint8_t has_origin = 0x80;

}  // namespace

char letter_of(std::uint64_t client, std::uint64_t clock) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz      ";
  static_assert(letters.size() == 32);
  return letters[mixed(client * 0x100000001B3 + clock) % letters.size()];
}

std::size_t Typist::insert(Instant scheduled, bool measured) {
  SYNCLINE_ASSERT(clock_ <= UINT32_MAX - letters_per_edit_);
  const Edit edit{
      .measured = measured, .clock = clock_, .length = letters_per_edit_, .scheduled = scheduled};
  clock_ = edit.end();
  if (!visible_.empty() && visible_.back().second == edit.clock) {
    visible_.back().second = clock_;
  } else {
    visible_.emplace_back(edit.clock, clock_);
  }
  insertions_.push_back(static_cast<std::uint32_t>(edits_.size()));
  edits_.push_back(edit);
  return edits_.size() - 1;
}

std::size_t Typist::remove(Instant scheduled, bool measured) {
  SYNCLINE_ASSERT(can_delete());
  auto& [begin, end] = visible_.back();
  const std::uint32_t clock = --end;
  if (begin == end) visible_.pop_back();
  deletions_.emplace(clock, static_cast<std::uint32_t>(edits_.size()));
  edits_.push_back(
      {.deletes = true, .measured = measured, .clock = clock, .length = 1, .scheduled = scheduled});
  return edits_.size() - 1;
}

std::optional<std::size_t> Typist::deletion_of(std::uint64_t clock) const {
  if (clock >= clock_) return std::nullopt;
  const auto found = deletions_.find(static_cast<std::uint32_t>(clock));
  if (found == deletions_.end()) return std::nullopt;
  return found->second;
}

// The insertions that are `wanted` must be consecutive ones. Format v1: docs/protocol.md.
template <class Wanted>
Bytes Typist::encode(std::size_t from, std::size_t to, const Wanted& wanted) const {
  lib0::Encoder structs;
  std::uint64_t count = 0;
  std::uint32_t first = 0;
  client::IdRanges deleted;
  std::string text;
  for (std::size_t i = from; i < to; ++i) {
    const Edit& edit = edits_[i];
    if (edit.deletes) {
      deleted.add(client_, edit.clock, edit.length);
      continue;
    }
    if (!wanted(edit)) continue;
    if (count++ == 0) first = edit.clock;
    if (edit.clock > 0) {
      structs.write_u8(text_tag | has_origin);
      structs.write_var_uint(client_);
      structs.write_var_uint(edit.clock - 1);
    } else {
      structs.write_u8(text_tag);
      structs.write_var_uint(1);  // The parent is a root.
      structs.write_var_string(root_name);
    }
    text.clear();
    for (std::uint32_t clock = edit.clock; clock < edit.end(); ++clock) {
      text += letter_of(client_, clock);
    }
    structs.write_var_string(text);
  }
  lib0::Encoder out(structs.size() + 32);
  out.write_var_uint(count == 0 ? 0 : 1);
  if (count > 0) {
    out.write_var_uint(count);
    out.write_var_uint(client_);
    out.write_var_uint(first);
    out.write_bytes(structs.view());
  }
  out.write_var_uint(deleted.by_client().size());
  for (const auto& [client, ranges] : deleted.by_client()) {
    out.write_var_uint(client);
    out.write_var_uint(ranges.size());
    for (const auto& [begin, end] : ranges) {
      out.write_var_uint(begin);
      out.write_var_uint(end - begin);
    }
  }
  return out.take();
}

Bytes Typist::update(std::size_t from, std::size_t to) const {
  return encode(from, to, [](const Edit&) { return true; });
}

Bytes Typist::update_beyond(std::uint64_t clock) const {
  return encode(0, edits_.size(), [clock](const Edit& edit) { return edit.end() > clock; });
}

}  // namespace syncline::loadgen
