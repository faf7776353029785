#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/client/update_ids.h"
#include "loadgen/client/update_scan.h"
#include "sim/checkers/flat_map.h"

namespace syncline::checkers {

// Clocks of one client; `end` is one after the last.
struct ClockRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// Clocks of one client, as ranges that neither overlap nor touch.
class ClockSet {
 public:
  void add(ClockRange range);
  bool contains(ClockRange range) const;
  // Everything from clock 0 up to this one is in it.
  std::uint64_t prefix() const {
    return !ranges_.empty() && ranges_.front().begin == 0 ? ranges_.front().end : 0;
  }
  // The first piece of `range` that is not in it.
  std::optional<ClockRange> first_missing(ClockRange range) const;
  const std::vector<ClockRange>& ranges() const { return ranges_; }

 private:
  // The first that ends at or after `clock`.
  std::size_t first_reaching(std::uint64_t clock) const;

  std::vector<ClockRange> ranges_;
};

// Clocks of many clients: what client::IdRanges is, for what is asked at every event.
class IdSet {
 public:
  void add(std::uint64_t client, ClockRange range) { clients_[client].add(range); }
  void add(const std::vector<client::ScannedRun>& runs);
  void add(const std::vector<client::ScannedRange>& ranges);
  void add(const client::IdRanges& ids);
  void add(const IdSet& other);

  bool contains(std::uint64_t client, ClockRange range) const;
  bool contains(const client::IdRanges& ids) const;
  std::uint64_t prefix(std::uint64_t client) const;
  bool empty() const { return clients_.entries().empty(); }

  // What of this is in none of `others`; empty if nothing.
  client::IdRanges without(const std::vector<const IdSet*>& others) const;

  // By client, in the order in which they came.
  const std::vector<std::pair<std::uint64_t, ClockSet>>& clients() const {
    return clients_.entries();
  }
  const ClockSet* find(std::uint64_t client) const { return clients_.find(client); }

 private:
  FlatMap<ClockSet> clients_;
};

// What of `ids` is in none of `sets`; empty if nothing.
client::IdRanges missing_in(const client::IdRanges& ids, const std::vector<const IdSet*>& sets);

// What somebody wrote or has: elements and deletions.
struct EditSet {
  IdSet inserted;
  IdSet deleted;

  void add(const client::UpdateScan& scan) {
    inserted.add(scan.runs);
    deleted.add(scan.deleted);
  }
  void add(const client::UpdateIds& ids) {
    inserted.add(ids.inserted);
    deleted.add(ids.deleted);
  }
  void add(const EditSet& other) {
    inserted.add(other.inserted);
    deleted.add(other.deleted);
  }
  // What of this is in none of `others`.
  client::UpdateIds without(const std::vector<const EditSet*>& others) const;
};

// What of `ids` is in none of `sets`.
client::UpdateIds missing_in(const client::UpdateIds& ids, const std::vector<const EditSet*>& sets);

}  // namespace syncline::checkers
