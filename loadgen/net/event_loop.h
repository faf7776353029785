#pragma once

#include <functional>
#include <memory>

#include "server/base/instant.h"

namespace syncline::loadgen {

// Turns one thread's sockets and timers. Everything made with a loop belongs to the thread that
// runs it, and must be gone before the loop is.
class EventLoop {
 public:
  class State;  // Asio's; private to loadgen/net.

  EventLoop();
  ~EventLoop();

  // The steady clock: the same for all loops of the process.
  static Instant now();

  // Runs until stop().
  void run();
  // Any thread.
  void stop();
  // Runs `task` on the loop's thread. Any thread.
  void post(std::function<void()> task);

  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// Calls `on_time` once when the time set last has come, on the loop's thread.
class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> on_time);
  ~Timer();

  void set(Instant at);
  void cancel();

 private:
  class State;
  std::shared_ptr<State> state_;  // Shared with the wait that is under way.
};

}  // namespace syncline::loadgen
