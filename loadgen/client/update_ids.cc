#include "loadgen/client/update_ids.h"

#include <algorithm>
#include <iterator>

#include "server/base/utf8.h"
#include "server/lib0/any.h"
#include "server/lib0/decoder.h"

namespace syncline::client {
namespace {

std::string name_of(std::uint64_t client, const ClientNames& names) {
  const auto found = names.find(client);
  return found == names.end() ? std::to_string(client) : found->second;
}

constexpr std::uint8_t has_origin = 0x80;
constexpr std::uint8_t has_right_origin = 0x40;
constexpr std::uint8_t has_parent_sub = 0x20;
constexpr std::uint8_t skip_tag = 10;

Result<void> skip_id(lib0::Decoder& in) {
  SYNCLINE_TRY(in.read_var_uint());
  SYNCLINE_TRY(in.read_var_uint());
  return {};
}

Result<std::uint64_t> skip_strings(lib0::Decoder& in) {
  SYNCLINE_ASSIGN(const std::uint64_t count, in.read_var_uint());
  for (std::uint64_t i = 0; i < count; ++i) SYNCLINE_TRY(in.read_var_string());
  return count;
}

Result<std::uint64_t> skip_anys(lib0::Decoder& in) {
  SYNCLINE_ASSIGN(const std::uint64_t count, in.read_var_uint());
  for (std::uint64_t i = 0; i < count; ++i) SYNCLINE_TRY(lib0::read_any(in));
  return count;
}

Result<std::uint64_t> skip_type(lib0::Decoder& in) {
  SYNCLINE_ASSIGN(const std::uint64_t type, in.read_var_uint());
  if (type == 3 || type == 5) SYNCLINE_TRY(in.read_var_string());
  return std::uint64_t{1};
}

// Moves over an item's content and returns its length.
Result<std::uint64_t> skip_content(lib0::Decoder& in, std::uint8_t tag) {
  switch (tag) {
    case 1:
      return in.read_var_uint();
    case 2:
      return skip_strings(in);
    case 3: {
      SYNCLINE_TRY(in.read_var_bytes());
      return std::uint64_t{1};
    }
    case 4: {
      SYNCLINE_ASSIGN(const std::string_view text, in.read_var_string());
      return std::uint64_t{utf16_length(text)};
    }
    case 5: {
      SYNCLINE_TRY(in.read_var_string());
      return std::uint64_t{1};
    }
    case 6: {
      SYNCLINE_TRY(in.read_var_string());
      SYNCLINE_TRY(in.read_var_string());
      return std::uint64_t{1};
    }
    case 7:
      return skip_type(in);
    case 8:
      return skip_anys(in);
    case 9: {
      SYNCLINE_TRY(in.read_var_string());
      SYNCLINE_TRY(lib0::read_any(in));
      return std::uint64_t{1};
    }
    default:
      return ErrorCode::unknown_type;
  }
}

Result<std::uint64_t> skip_struct(lib0::Decoder& in, std::uint8_t info) {
  const std::uint8_t tag = info & 0x1F;
  if (tag == 0 || tag == skip_tag) return in.read_var_uint();
  if (info & has_origin) SYNCLINE_TRY(skip_id(in));
  if (info & has_right_origin) SYNCLINE_TRY(skip_id(in));
  if (!(info & (has_origin | has_right_origin))) {
    SYNCLINE_ASSIGN(const std::uint64_t is_root, in.read_var_uint());
    if (is_root == 1) {
      SYNCLINE_TRY(in.read_var_string());
    } else {
      SYNCLINE_TRY(skip_id(in));
    }
    if (info & has_parent_sub) SYNCLINE_TRY(in.read_var_string());
  }
  return skip_content(in, tag);
}

Result<void> read_client(lib0::Decoder& in, IdRanges& out) {
  SYNCLINE_ASSIGN(const std::uint64_t structs, in.read_var_uint());
  SYNCLINE_ASSIGN(const std::uint64_t client, in.read_var_uint());
  SYNCLINE_ASSIGN(std::uint64_t clock, in.read_var_uint());
  for (std::uint64_t i = 0; i < structs; ++i) {
    SYNCLINE_ASSIGN(const std::uint8_t info, in.read_u8());
    SYNCLINE_ASSIGN(const std::uint64_t length, skip_struct(in, info));
    if ((info & 0x1F) != skip_tag) out.add(client, clock, length);
    clock += length;
  }
  return {};
}

Result<void> read_deletes(lib0::Decoder& in, IdRanges& out) {
  SYNCLINE_ASSIGN(const std::uint64_t clients, in.read_var_uint());
  for (std::uint64_t i = 0; i < clients; ++i) {
    SYNCLINE_ASSIGN(const std::uint64_t client, in.read_var_uint());
    SYNCLINE_ASSIGN(const std::uint64_t ranges, in.read_var_uint());
    for (std::uint64_t k = 0; k < ranges; ++k) {
      SYNCLINE_ASSIGN(const std::uint64_t clock, in.read_var_uint());
      SYNCLINE_ASSIGN(const std::uint64_t length, in.read_var_uint());
      out.add(client, clock, length);
    }
  }
  return {};
}

}  // namespace

void IdRanges::add(std::uint64_t client, std::uint64_t clock, std::uint64_t length) {
  if (length == 0) return;
  auto& ranges = ranges_[client];
  std::uint64_t begin = clock;
  std::uint64_t end = clock + length;
  auto at = ranges.upper_bound(begin);
  if (at != ranges.begin() && std::prev(at)->second >= begin) --at;
  while (at != ranges.end() && at->first <= end) {
    begin = std::min(begin, at->first);
    end = std::max(end, at->second);
    at = ranges.erase(at);
  }
  ranges.emplace(begin, end);
}

void IdRanges::add_all(const IdRanges& other) {
  for (const auto& [client, ranges] : other.ranges_) {
    for (const auto& [begin, end] : ranges) add(client, begin, end - begin);
  }
}

bool IdRanges::contains(std::uint64_t client, std::uint64_t clock, std::uint64_t length) const {
  const auto found = ranges_.find(client);
  if (found == ranges_.end()) return false;
  const auto after = found->second.upper_bound(clock);
  return after != found->second.begin() && std::prev(after)->second >= clock + length;
}

bool IdRanges::contains_all(const IdRanges& other) const {
  for (const auto& [client, ranges] : other.ranges_) {
    for (const auto& [begin, end] : ranges) {
      if (!contains(client, begin, end - begin)) return false;
    }
  }
  return true;
}

IdRanges IdRanges::intersection(const IdRanges& other) const {
  IdRanges both;
  for (const auto& [client, ranges] : ranges_) {
    const auto found = other.ranges_.find(client);
    if (found == other.ranges_.end()) continue;
    for (const auto& [begin, end] : ranges) {
      for (const auto& [from, to] : found->second) {
        const std::uint64_t low = std::max(begin, from);
        const std::uint64_t high = std::min(end, to);
        if (low < high) both.add(client, low, high - low);
      }
    }
  }
  return both;
}

IdRanges IdRanges::without(const IdRanges& other) const {
  IdRanges rest;
  for (const auto& [client, ranges] : ranges_) {
    const auto found = other.ranges_.find(client);
    for (const auto& [begin, end] : ranges) {
      std::uint64_t at = begin;
      if (found != other.ranges_.end()) {
        for (const auto& [from, to] : found->second) {
          if (to <= at || from >= end) continue;
          if (from > at) rest.add(client, at, from - at);
          at = std::max(at, std::min(to, end));
        }
      }
      if (at < end) rest.add(client, at, end - at);
    }
  }
  return rest;
}

std::string IdRanges::to_string(const ClientNames& names) const {
  std::string out;
  for (const auto& [client, ranges] : ranges_) {
    for (const auto& [begin, end] : ranges) {
      if (!out.empty()) out += ' ';
      out += name_of(client, names) + ':' + std::to_string(begin);
      if (end - begin > 1) out += '-' + std::to_string(end - 1);
    }
  }
  return out;
}

std::string UpdateIds::to_string(const ClientNames& names) const {
  std::string out = inserted.to_string(names);
  if (!deleted.empty()) {
    if (!out.empty()) out += ' ';
    out += "delete " + deleted.to_string(names);
  }
  return out.empty() ? "nothing" : out;
}

Result<UpdateIds> read_update_ids(BytesView update) {
  lib0::Decoder in(update);
  UpdateIds ids;
  SYNCLINE_ASSIGN(const std::uint64_t clients, in.read_var_uint());
  for (std::uint64_t i = 0; i < clients; ++i) SYNCLINE_TRY(read_client(in, ids.inserted));
  SYNCLINE_TRY(read_deletes(in, ids.deleted));
  SYNCLINE_TRY(in.expect_end());
  return ids;
}

std::string state_vector_text(BytesView state_vector, const ClientNames& names) {
  lib0::Decoder in(state_vector);
  std::uint64_t count = 0;
  std::map<std::uint64_t, std::uint64_t> clocks;  // Their order in the bytes means nothing.
  if (!in.take_var_uint(count)) return "{unreadable}";
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t client = 0;
    std::uint64_t clock = 0;
    if (!in.take_var_uint(client) || !in.take_var_uint(clock)) return "{unreadable}";
    clocks[client] = clock;
  }
  std::string out = "{";
  for (const auto& [client, clock] : clocks) {
    if (out.size() > 1) out += ' ';
    out += name_of(client, names) + ':' + std::to_string(clock);
  }
  return out + "}";
}

}  // namespace syncline::client
