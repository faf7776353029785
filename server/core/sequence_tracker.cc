#include "server/core/sequence_tracker.h"

#include "server/base/assert.h"

namespace syncline::core {

void SequenceTracker::add(Sequence sequence) {
  SYNCLINE_ASSERT(sequence.value > 0);
  if (sequence <= contiguous_) return;
  ahead_.insert(sequence);
  absorb();
}

void SequenceTracker::add_through(Sequence sequence) {
  if (sequence <= contiguous_) return;
  contiguous_ = sequence;
  ahead_.erase(ahead_.begin(), ahead_.upper_bound(sequence));
  absorb();
}

void SequenceTracker::absorb() {
  while (!ahead_.empty() && ahead_.begin()->value == contiguous_.value + 1) {
    contiguous_ = *ahead_.begin();
    ahead_.erase(ahead_.begin());
  }
}

}  // namespace syncline::core
