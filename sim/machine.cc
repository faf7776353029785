#include "sim/machine.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"

namespace syncline::sim {

Machine::Machine(Party party, Scheduler& scheduler, Network& network,
                 const MachineClock::Setting& clock)
    : party_(party), scheduler_(scheduler), network_(network), clock_(scheduler, clock) {
  clock_.on_rate_change([this] { arm_all(); });
}

void Machine::start() {
  SYNCLINE_ASSERT(!running_);
  running_ = true;
}

void Machine::die() {
  SYNCLINE_ASSERT(running_);
  running_ = false;
  paused_ = false;
  free_places_.clear();
  for (std::uint32_t place = 0; place < timers_.size(); ++place) {
    timers_[place].action = {};
    timers_[place].arming = 0;
    free_places_.push_back(place);
  }
  network_.drop_all_of(party_);
  set_standing_still();
}

void Machine::after(Duration delay, Action action) {
  SYNCLINE_ASSERT(running_);
  auto place = static_cast<std::uint32_t>(timers_.size());
  if (free_places_.empty()) {
    timers_.emplace_back();
  } else {
    place = free_places_.back();
    free_places_.pop_back();
  }
  timers_[place].action = std::move(action);
  timers_[place].due = clock_.now() + std::max(delay, Duration::zero());
  arm(place);
}

void Machine::arm(std::uint32_t place) {
  Timer& timer = timers_[place];
  timer.arming = ++armings_;
  const auto at = clock_.moment_of(timer.due);
  if (!at) return;  // Armed again when the clock goes on.
  scheduler_.at(*at, [this, place, arming = timer.arming] { fire(place, arming); });
}

void Machine::fire(std::uint32_t place, std::uint64_t arming) {
  Timer& timer = timers_[place];
  if (timer.arming != arming) return;
  if (stands_still()) {
    if (missed_) missed_();
    return;
  }
  Action action = std::move(timer.action);
  timer.arming = 0;
  free_places_.push_back(place);
  action();
}

void Machine::arm_all() {
  for (std::uint32_t place = 0; place < timers_.size(); ++place) {
    if (timers_[place].arming != 0) arm(place);
  }
}

void Machine::pause(bool paused) {
  paused_ = paused;
  set_standing_still();
}

void Machine::suspend(bool suspended) {
  suspended_ = suspended;
  clock_.suspend(suspended);
  set_standing_still();
}

// Whatever came due meanwhile comes now, each as an event of its own.
void Machine::set_standing_still() {
  network_.set_paused(party_, stands_still());
  if (!stands_still()) arm_all();
}

}  // namespace syncline::sim
