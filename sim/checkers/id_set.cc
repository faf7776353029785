#include "sim/checkers/id_set.h"

#include <algorithm>

namespace syncline::checkers {

std::size_t ClockSet::first_reaching(std::uint64_t clock) const {
  // Most questions are about the newest.
  if (!ranges_.empty() && ranges_.back().begin <= clock) {
    return ranges_.back().end >= clock ? ranges_.size() - 1 : ranges_.size();
  }
  const auto at = std::lower_bound(
      ranges_.begin(), ranges_.end(), clock,
      [](const ClockRange& range, std::uint64_t wanted) { return range.end < wanted; });
  return static_cast<std::size_t>(at - ranges_.begin());
}

void ClockSet::add(ClockRange range) {
  if (range.begin >= range.end) return;
  const std::size_t first = first_reaching(range.begin);
  if (first == ranges_.size()) {
    ranges_.push_back(range);
    return;
  }
  std::size_t last = first;  // One after those that it touches.
  while (last < ranges_.size() && ranges_[last].begin <= range.end) ++last;
  const auto at = ranges_.begin() + static_cast<std::ptrdiff_t>(first);
  if (last == first) {
    ranges_.insert(at, range);
    return;
  }
  ranges_[first].begin = std::min(ranges_[first].begin, range.begin);
  ranges_[first].end = std::max(ranges_[last - 1].end, range.end);
  ranges_.erase(at + 1, ranges_.begin() + static_cast<std::ptrdiff_t>(last));
}

bool ClockSet::contains(ClockRange range) const { return !first_missing(range); }

std::optional<ClockRange> ClockSet::first_missing(ClockRange range) const {
  if (range.begin >= range.end) return std::nullopt;
  std::size_t at = first_reaching(range.begin);
  if (at < ranges_.size() && ranges_[at].end == range.begin) ++at;
  if (at == ranges_.size()) return range;
  const ClockRange& here = ranges_[at];
  if (here.begin > range.begin) return ClockRange{range.begin, std::min(here.begin, range.end)};
  if (here.end >= range.end) return std::nullopt;
  const std::uint64_t next =
      at + 1 < ranges_.size() ? std::min(ranges_[at + 1].begin, range.end) : range.end;
  return ClockRange{here.end, next};
}

void IdSet::add(const std::vector<client::ScannedRun>& runs) {
  for (const client::ScannedRun& run : runs) add(run.client, {run.clock, run.end()});
}

void IdSet::add(const std::vector<client::ScannedRange>& ranges) {
  for (const client::ScannedRange& range : ranges) add(range.client, {range.clock, range.end()});
}

void IdSet::add(const client::IdRanges& ids) {
  for (const auto& [client, ranges] : ids.by_client()) {
    for (const auto& [begin, end] : ranges) add(client, {begin, end});
  }
}

void IdSet::add(const IdSet& other) {
  for (const auto& [client, clocks] : other.clients()) {
    ClockSet& own = clients_[client];
    for (const ClockRange& range : clocks.ranges()) own.add(range);
  }
}

bool IdSet::contains(std::uint64_t client, ClockRange range) const {
  const ClockSet* clocks = clients_.find(client);
  return clocks != nullptr ? clocks->contains(range) : range.begin >= range.end;
}

bool IdSet::contains(const client::IdRanges& ids) const {
  for (const auto& [client, ranges] : ids.by_client()) {
    for (const auto& [begin, end] : ranges) {
      if (!contains(client, {begin, end})) return false;
    }
  }
  return true;
}

std::uint64_t IdSet::prefix(std::uint64_t client) const {
  const ClockSet* clocks = clients_.find(client);
  return clocks != nullptr ? clocks->prefix() : 0;
}

namespace {

// Adds to `missing` what of the range none of the sets from `sets` on has.
void add_missing(std::uint64_t client, ClockRange range, const IdSet* const* sets,
                 const IdSet* const* end, client::IdRanges& missing) {
  if (sets == end) return missing.add(client, range.begin, range.end - range.begin);
  const ClockSet* clocks = (*sets)->find(client);
  if (clocks == nullptr) return add_missing(client, range, sets + 1, end, missing);
  while (const auto piece = clocks->first_missing(range)) {
    add_missing(client, *piece, sets + 1, end, missing);
    range.begin = piece->end;
  }
}

}  // namespace

client::IdRanges IdSet::without(const std::vector<const IdSet*>& others) const {
  client::IdRanges missing;
  for (const auto& [client, clocks] : clients()) {
    for (const ClockRange& range : clocks.ranges()) {
      add_missing(client, range, others.data(), others.data() + others.size(), missing);
    }
  }
  return missing;
}

client::IdRanges missing_in(const client::IdRanges& ids, const std::vector<const IdSet*>& sets) {
  client::IdRanges missing;
  for (const auto& [client, ranges] : ids.by_client()) {
    for (const auto& [begin, end] : ranges) {
      add_missing(client, {begin, end}, sets.data(), sets.data() + sets.size(), missing);
    }
  }
  return missing;
}

namespace {

std::vector<const IdSet*> members(const std::vector<const EditSet*>& sets, IdSet EditSet::*member) {
  std::vector<const IdSet*> out;
  for (const EditSet* set : sets) out.push_back(&(set->*member));
  return out;
}

}  // namespace

client::UpdateIds EditSet::without(const std::vector<const EditSet*>& others) const {
  return {inserted.without(members(others, &EditSet::inserted)),
          deleted.without(members(others, &EditSet::deleted))};
}

client::UpdateIds missing_in(const client::UpdateIds& ids,
                             const std::vector<const EditSet*>& sets) {
  return {missing_in(ids.inserted, members(sets, &EditSet::inserted)),
          missing_in(ids.deleted, members(sets, &EditSet::deleted))};
}

}  // namespace syncline::checkers
