#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "server/base/instant.h"
#include "sim/action.h"
#include "sim/trace.h"

namespace syncline::sim {

// A point in true time, which nobody in the simulation can see: each process has a clock of its own
// (machine_clock.h), and its Instants are that clock's. Counted from the beginning of the run.
struct Moment {
  Duration since_start{0};

  friend auto operator<=>(const Moment&, const Moment&) = default;
  friend Moment operator+(Moment at, Duration by) { return {at.since_start + by}; }
  friend Duration operator-(Moment a, Moment b) { return a.since_start - b.since_start; }
};

// What happens next, of everything that anybody in the run is waiting for: one queue, ordered by
// true time, then by a draw, then by arrival. Nothing waits for real time; time jumps from event to
// event. The draw permutes what falls on the same instant, differently for each seed, so that no
// run depends on the order in which two things were asked for.
class Scheduler {
 public:
  // `tie_seed` 0: ties keep the order of arrival.
  explicit Scheduler(std::uint64_t tie_seed);

  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  Moment now() const { return now_; }

  // Runs `action` at `due`, or as soon as possible if that has passed; never from within this call.
  void at(Moment due, Action action);
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

  // Runs the next event, if it is due up to `until`. False: nothing was.
  bool step(Moment until);
  // Runs everything due up to `until`, and moves the time there.
  void run_until(Moment until);

  std::uint64_t events_run() const { return trace_.events(); }
  // Takes in every event that is run; whoever does something worth telling apart adds to it.
  Trace& trace() { return trace_; }

 private:
  struct Entry {
    Moment due;
    std::uint64_t tie;
    std::uint64_t arrival;
    std::uint32_t slot;  // Into actions_.
  };

  static bool before(const Entry& a, const Entry& b);
  std::uint64_t draw_tie();
  void sift_up(std::size_t at);
  Entry take_first();

  Moment now_;
  std::uint64_t tie_state_;
  std::uint64_t arrivals_ = 0;
  Trace trace_;
  std::vector<Entry> heap_;  // Each entry is before its four children.
  std::vector<Action> actions_;
  std::vector<std::uint32_t> free_slots_;
};

}  // namespace syncline::sim
