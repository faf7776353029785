#pragma once

#include "server/base/instant.h"
#include "sim/action.h"

namespace syncline::sim {

// One life of a simulated process, as the code in it sees it: its clocks, and time that passes. A
// process that starts again after it has died is another one.
class Process {
 public:
  // Its machine's clocks.
  virtual Instant now() const = 0;
  virtual WallTime wall_now() const = 0;

  // Runs `action` once the monotonic clock has moved on by `delay`, as an event of its own: later
  // if the process is paused then, never if it has died. What is due at the same instant runs in
  // any order.
  virtual void after(Duration delay, Action action) = 0;

 protected:
  ~Process() = default;
};

}  // namespace syncline::sim
