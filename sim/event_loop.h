#pragma once

#include <optional>
#include <vector>

#include "server/base/instant.h"
#include "sim/action.h"
#include "sim/random_stream.h"
#include "sim/services/process.h"

namespace syncline::sim {

// A state machine that an event loop drives: core::Shard, core::Worker.
class Driven {
 public:
  virtual Instant next_deadline() const = 0;
  virtual void on_deadline() = 0;
  // Everything that one turn brought has been handed in.
  virtual void end_turn() = 0;

 protected:
  ~Driven() = default;
};

// One thread's event loop. What is posted waits for the next turn, which comes a random time later:
// so what other threads hand over arrives in bunches, and anything may happen in between.
class EventLoop {
 public:
  // Both must outlive the loop. A turn begins up to `hand_over_max` after the first thing was
  // posted for it.
  EventLoop(Process& process, Driven& driven, RandomStream random, Duration hand_over_max);

  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs the input in the next turn, after what was posted before.
  void post(Action input);

  // True while an input is being run: nothing may be handed in directly.
  bool in_turn() const { return in_turn_; }

 private:
  void turn();
  void run_deadline();
  void arm();

  // Constant after construction.
  Process& process_;
  Driven& driven_;
  const Duration hand_over_max_;

  RandomStream random_;
  std::vector<Action> inbox_;
  std::vector<Action> batch_;  // Of the turn; kept for its memory.
  bool turn_scheduled_ = false;
  bool in_turn_ = false;
  std::optional<Instant> armed_for_;
  Instant last_deadline_at_;
  int deadlines_at_once_ = 0;
};

}  // namespace syncline::sim
