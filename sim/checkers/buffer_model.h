#pragma once

#include <cstdint>
#include <deque>

#include "loadgen/client/update_scan.h"
#include "sim/checkers/id_set.h"

namespace syncline::checkers {

// What a document's write buffer holds, by what the history tells of it.
class BufferModel {
 public:
  struct Entry {
    std::uint64_t offset;
    EditSet edits;
  };

  void append(std::uint64_t offset, const client::UpdateScan& update) {
    entries_.push_back({.offset = offset, .edits = {}});
    entries_.back().edits.add(update);
  }
  // Forgets the last `count` entries; says what was in them.
  EditSet forget(std::uint64_t count);
  void drop_oldest() { entries_.pop_front(); }

  const std::deque<Entry>& entries() const { return entries_; }
  EditSet all() const;

 private:
  std::deque<Entry> entries_;
};

}  // namespace syncline::checkers
