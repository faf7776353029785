#include "sim/scheduler.h"

#include <algorithm>

namespace syncline::sim {
namespace {

constexpr std::size_t arity = 4;

}  // namespace

Scheduler::Scheduler(std::uint64_t tie_seed) : tie_state_(tie_seed) {}

bool Scheduler::before(const Entry& a, const Entry& b) {
  if (a.due != b.due) return a.due < b.due;
  if (a.tie != b.tie) return a.tie < b.tie;
  return a.arrival < b.arrival;
}

// splitmix64; not part of the trace, which has the order that comes of it.
std::uint64_t Scheduler::draw_tie() {
  if (tie_state_ == 0) return 0;
  std::uint64_t z = (tie_state_ += 0x9e3779b97f4a7c15ULL);
  if (tie_state_ == 0) tie_state_ = 1;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

void Scheduler::at(Moment due, Action action) {
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(actions_.size());
    actions_.push_back(std::move(action));
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
    actions_[slot] = std::move(action);
  }
  heap_.push_back(
      {.due = std::max(due, now_), .tie = draw_tie(), .arrival = ++arrivals_, .slot = slot});
  sift_up(heap_.size() - 1);
}

void Scheduler::sift_up(std::size_t at) {
  const Entry entry = heap_[at];
  while (at > 0) {
    const std::size_t parent = (at - 1) / arity;
    if (!before(entry, heap_[parent])) break;
    heap_[at] = heap_[parent];
    at = parent;
  }
  heap_[at] = entry;
}

Scheduler::Entry Scheduler::take_first() {
  const Entry first = heap_.front();
  const Entry last = heap_.back();
  heap_.pop_back();
  const std::size_t size = heap_.size();
  std::size_t at = 0;
  for (std::size_t child = 1; child < size; child = arity * at + 1) {
    std::size_t least = child;
    const std::size_t end = std::min(child + arity, size);
    for (std::size_t other = child + 1; other < end; ++other) {
      if (before(heap_[other], heap_[least])) least = other;
    }
    if (!before(heap_[least], last)) break;
    heap_[at] = heap_[least];
    at = least;
  }
  if (size > 0) heap_[at] = last;
  return first;
}

bool Scheduler::step(Moment until) {
  if (heap_.empty() || heap_.front().due > until) return false;
  const Entry entry = take_first();
  now_ = entry.due;
  trace_.begin_event(now_.since_start, entry.arrival);
  // Moved out first: the action may schedule others, into its own slot too.
  Action action = std::move(actions_[entry.slot]);
  free_slots_.push_back(entry.slot);
  action();
  return true;
}

void Scheduler::run_until(Moment until) {
  while (step(until)) {
  }
  now_ = std::max(now_, until);
}

}  // namespace syncline::sim
