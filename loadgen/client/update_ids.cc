#include "loadgen/client/update_ids.h"

#include <algorithm>
#include <iterator>

#include "loadgen/client/update_scan.h"
#include "server/lib0/decoder.h"

namespace syncline::client {
namespace {

std::string name_of(std::uint64_t client, const ClientNames& names) {
  const auto found = names.find(client);
  return found == names.end() ? std::to_string(client) : found->second;
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
  UpdateScan scan;
  SYNCLINE_TRY(scan_update(update, scan));
  UpdateIds ids;
  for (const ScannedRun& run : scan.runs) ids.inserted.add(run.client, run.clock, run.length);
  for (const ScannedRange& range : scan.deleted) {
    ids.deleted.add(range.client, range.clock, range.length);
  }
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
