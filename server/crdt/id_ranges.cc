#include "server/crdt/id_ranges.h"

#include <algorithm>
#include <iterator>

#include "server/base/assert.h"

namespace syncline::crdt {

std::optional<IdRange> IdRanges::touching(const Id& id) const {
  auto after = ends_.upper_bound(id);
  if (after == ends_.begin()) return std::nullopt;
  const auto& [begin, end] = *std::prev(after);
  if (begin.client != id.client || end < id.clock) return std::nullopt;
  return IdRange{begin.client, begin.clock, end - begin.clock};
}

bool IdRanges::covers(const IdRange& range) const {
  const std::optional<IdRange> found = touching({range.client, range.clock});
  return found && range.end() <= found->end();
}

bool IdRanges::add(const IdRange& range) {
  Id begin{range.client, range.clock};
  Clock end = range.end();
  if (const std::optional<IdRange> found = touching(begin)) {
    if (end <= found->end()) return false;
    begin.clock = found->clock;
  }
  auto at = ends_.lower_bound(begin);
  while (at != ends_.end() && at->first.client == range.client && at->first.clock <= end) {
    end = std::max(end, at->second);
    at = ends_.erase(at);
  }
  ends_.emplace_hint(at, begin, end);
  return true;
}

void IdRanges::remove(const IdRange& range) {
  const auto at = std::prev(ends_.upper_bound({range.client, range.clock}));
  const Id begin = at->first;
  const Clock end = at->second;
  SYNCLINE_ASSERT(begin.client == range.client && range.end() <= end, end, range.end());
  if (begin.clock < range.clock) {
    at->second = range.clock;
  } else {
    ends_.erase(at);
  }
  if (range.end() < end) ends_.emplace(Id{range.client, range.end()}, end);
}

std::optional<IdRange> IdRanges::take_first(ClientId client, Clock clock) {
  const auto first = ends_.lower_bound({client, 0});
  if (first == ends_.end() || first->first.client != client || first->first.clock >= clock) {
    return std::nullopt;
  }
  const IdRange range{client, first->first.clock, first->second - first->first.clock};
  ends_.erase(first);
  return range;
}

std::vector<IdRange> IdRanges::list() const {
  std::vector<IdRange> ranges;
  ranges.reserve(ends_.size());
  for (const auto& [begin, end] : ends_) {
    ranges.push_back({begin.client, begin.clock, end - begin.clock});
  }
  return ranges;
}

}  // namespace syncline::crdt
