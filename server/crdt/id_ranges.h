#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "server/crdt/id.h"

namespace syncline::crdt {

// The order of encodings: the highest client first, and by clock.
struct EncodingOrder {
  bool operator()(const Id& a, const Id& b) const {
    return a.client != b.client ? a.client > b.client : a.clock < b.clock;
  }
};

// A set of ids, kept as ranges of which no two touch. Every call costs O(log n) and what it takes
// away: ranges that are joined or removed.
class IdRanges {
 public:
  // Whether something of it is new.
  bool add(const IdRange& range);
  // Takes away a range that is in the set as a whole.
  void remove(const IdRange& range);
  // Takes away the client's first range if it begins below `clock`, and returns it.
  std::optional<IdRange> take_first(ClientId client, Clock clock);

  // The range that holds the id or ends at it.
  std::optional<IdRange> touching(const Id& id) const;
  bool covers(const IdRange& range) const;
  bool empty() const { return ends_.empty(); }
  std::size_t size() const { return ends_.size(); }
  // About what it takes in memory.
  std::size_t memory_bytes() const { return ends_.size() * range_bytes; }

  // In the order of encodings.
  std::vector<IdRange> list() const;

  static constexpr std::size_t range_bytes = 64;  // A node of a map.

 private:
  std::map<Id, Clock, EncodingOrder> ends_;  // By where a range begins.
};

}  // namespace syncline::crdt
