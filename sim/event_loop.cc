#include "sim/event_loop.h"

#include <utility>

#include "server/base/assert.h"

namespace syncline::sim {
namespace {

// A deadline that is still due after it was carried out so often never passes.
constexpr int deadlines_at_once_max = 1000;

}  // namespace

EventLoop::EventLoop(Process& process, Driven& driven, RandomStream random, Duration hand_over_max)
    : process_(process), driven_(driven), hand_over_max_(hand_over_max), random_(random) {}

void EventLoop::post(Action input) {
  inbox_.push_back(std::move(input));
  if (std::exchange(turn_scheduled_, true)) return;
  process_.after(random_.between(Duration::zero(), hand_over_max_), [this] {
    turn_scheduled_ = false;
    turn();
  });
}

void EventLoop::turn() {
  SYNCLINE_ASSERT(!in_turn_);
  in_turn_ = true;
  batch_.swap(inbox_);
  for (Action& input : batch_) input();
  batch_.clear();
  if (driven_.next_deadline() <= process_.now()) run_deadline();
  driven_.end_turn();
  in_turn_ = false;
  arm();
}

void EventLoop::run_deadline() {
  const Instant now = process_.now();
  deadlines_at_once_ = last_deadline_at_ == now ? deadlines_at_once_ + 1 : 0;
  last_deadline_at_ = now;
  SYNCLINE_ASSERT(deadlines_at_once_ < deadlines_at_once_max, now.since_start.count());
  driven_.on_deadline();
}

void EventLoop::arm() {
  const Instant due = driven_.next_deadline();
  if (due == Instant::never() || (armed_for_ && *armed_for_ <= due)) return;
  armed_for_ = due;
  process_.after(due - process_.now(), [this, due] {
    if (armed_for_ != due) return;  // An earlier one came after this was armed.
    armed_for_.reset();
    turn();
  });
}

}  // namespace syncline::sim
