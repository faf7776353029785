#pragma once

#include <deque>
#include <utility>

#include "server/base/instant.h"
#include "sim/action.h"
#include "sim/services/process.h"

namespace syncline::sim {

// A line of actions that run one after the other, in the order in which they came, each not before
// its time. (Two timers for the same instant would run in any order.)
class OrderedDelay {
 public:
  // Runs `action` `delay` from now, or after the last one that is in the line if that is later.
  void after(Process& process, Duration delay, Action action) {
    Instant due = process.now() + delay;
    if (!line_.empty() && due < line_.back().due) due = line_.back().due;
    line_.push_back({.due = due, .action = std::move(action)});
    if (!waits_) wait(process);
  }

  bool empty() const { return line_.empty(); }
  // The process has died, and its timers with it.
  void clear() {
    line_.clear();
    waits_ = false;
  }

 private:
  struct Waiting {
    Instant due;
    Action action;
  };

  void wait(Process& process) {
    waits_ = true;
    process.after(line_.front().due - process.now(), [this, &process] { run(process); });
  }

  void run(Process& process) {
    while (!line_.empty() && line_.front().due <= process.now()) {
      Action action = std::move(line_.front().action);
      line_.pop_front();
      action();
    }
    waits_ = false;
    if (!line_.empty()) wait(process);
  }

  std::deque<Waiting> line_;
  bool waits_ = false;  // A timer is set, or its action is running.
};

}  // namespace syncline::sim
