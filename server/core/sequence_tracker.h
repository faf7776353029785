#pragma once

#include <set>

#include "server/base/ids.h"

namespace syncline::core {

// Which entries of a document's log a replica has. Commits and the broker tell of entries in any
// order; what is missing in between must be read from the log, or an edit of another node is never
// seen.
class SequenceTracker {
 public:
  // Everything up to here is in the replica.
  Sequence contiguous() const { return contiguous_; }

  // The highest entry heard of.
  Sequence highest() const { return ahead_.empty() ? contiguous_ : *ahead_.rbegin(); }

  // Entries are known that come after one that is not.
  bool has_gap() const { return !ahead_.empty(); }

  bool contains(Sequence sequence) const {
    return sequence <= contiguous_ || ahead_.contains(sequence);
  }

  // The replica has this entry. REQUIRES: sequence > 0.
  void add(Sequence sequence);

  // The replica has this entry and all before it (a snapshot, a page of the log).
  void add_through(Sequence sequence);

 private:
  void absorb();

  // Invariant: every element of ahead_ is greater than contiguous_ + 1.
  Sequence contiguous_;
  std::set<Sequence> ahead_;
};

}  // namespace syncline::core
