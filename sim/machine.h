#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "server/base/instant.h"
#include "sim/action.h"
#include "sim/machine_clock.h"
#include "sim/network.h"
#include "sim/scheduler.h"
#include "sim/services/process.h"

namespace syncline::sim {

// The machine of one party, with the one process on it: its clocks, its timers, and what can be
// done to it from outside. It lives for the whole run; processes come and go on it.
//
// A process that is paused (SIGSTOP) does nothing until it goes on; its clocks do not wait for it,
// so that it then finds much overdue at once. A machine that is suspended stands still as a whole:
// its monotonic clock with it, while its wall clock jumps.
class Machine final : public Process {
 public:
  // All must outlive it.
  Machine(Party party, Scheduler& scheduler, Network& network, const MachineClock::Setting& clock);

  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // The process.
  void start();
  // What it waits for never comes. REQUIRES: running().
  void die();
  bool running() const { return running_; }

  // Process.
  Instant now() const override { return clock_.now(); }
  WallTime wall_now() const override { return clock_.wall_now(); }
  void after(Duration delay, Action action) override;

  // Faults.
  void pause(bool paused);
  void suspend(bool suspended);
  bool stands_still() const { return paused_ || suspended_; }
  MachineClock& clock() { return clock_; }
  // Called whenever something is due that a pause keeps from happening.
  void on_missed(std::function<void()> call) { missed_ = std::move(call); }

  Party party() const { return party_; }

 private:
  // A place in timers_. What waits in the scheduler for an older arming of it is void.
  struct Timer {
    Action action;  // Empty: the place is free.
    Instant due;
    std::uint64_t arming = 0;
  };

  void arm(std::uint32_t place);
  void fire(std::uint32_t place, std::uint64_t arming);
  void arm_all();
  void set_standing_still();

  const Party party_;
  Scheduler& scheduler_;
  Network& network_;
  MachineClock clock_;
  std::function<void()> missed_;

  bool running_ = false;
  bool paused_ = false;
  bool suspended_ = false;
  std::vector<Timer> timers_;
  std::vector<std::uint32_t> free_places_;
  std::uint64_t armings_ = 0;
};

}  // namespace syncline::sim
