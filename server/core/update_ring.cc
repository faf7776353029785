#include "server/core/update_ring.h"

#include <algorithm>

#include "server/base/assert.h"

namespace syncline::core {
namespace {

// A checkpoint costs one state vector; a catch-up from it repeats at most so many entries.
constexpr std::uint64_t checkpoint_every_entries = 256;

std::size_t size_of(const RingEntry& entry) {
  std::size_t bytes = entry.frame.size();
  if (entry.parts.size() > 1) {  // A single part shares its bytes with nobody but costs no copy.
    for (const RingPart& part : entry.parts) bytes += part.update.size();
  }
  return bytes;
}

}  // namespace

const RingPart* RingEntry::part_of(ConnectionId connection) const {
  for (const RingPart& part : parts) {
    if (part.author == connection) return &part;
  }
  return nullptr;
}

RingEntry& UpdateRing::at(std::uint64_t index) {
  SYNCLINE_ASSERT(index >= tail_ && index < head(), index, tail_, head());
  return entries_[index - tail_];
}

void UpdateRing::push(RingEntry entry) {
  bytes_ += size_of(entry);
  entries_.push_back(std::move(entry));
}

void UpdateRing::drop_oldest() {
  bytes_ -= size_of(entries_.front());
  entries_.pop_front();
  ++tail_;
}

void UpdateRing::trim() {
  std::size_t quarter = entries_.size() / 4;
  // The newest entry stays even if it alone is over the limit: connections are about to read it.
  while (entries_.size() > 1 && (quarter > 0 || overfull())) {
    drop_oldest();
    if (quarter > 0) --quarter;
  }
}

void UpdateRing::drop_below(std::uint64_t index) {
  SYNCLINE_ASSERT(index <= head(), index, head());
  while (tail_ < index) drop_oldest();
}

void UpdateRing::clear() {
  while (!entries_.empty()) drop_oldest();
  checkpoints_.clear();
}

bool UpdateRing::wants_checkpoint() const {
  return checkpoints_.empty() || head() - checkpoints_.rbegin()->first >= checkpoint_every_entries;
}

void UpdateRing::add_checkpoint(SharedBytes state_vector) {
  checkpoints_.insert_or_assign(head(), std::move(state_vector));
}

SharedBytes UpdateRing::checkpoint_before(std::uint64_t cursor) const {
  const auto after = checkpoints_.upper_bound(cursor);
  return after == checkpoints_.begin() ? SharedBytes() : std::prev(after)->second;
}

void UpdateRing::forget_checkpoints_below(std::uint64_t cursor) {
  const auto after = checkpoints_.upper_bound(cursor);
  if (after != checkpoints_.begin()) checkpoints_.erase(checkpoints_.begin(), std::prev(after));
}

}  // namespace syncline::core
