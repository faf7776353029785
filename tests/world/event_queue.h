#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "server/base/instant.h"
#include "server/ports/clock.h"
#include "server/ports/random.h"

namespace syncline::world {

// Virtual time: what happens next, ordered by (time, order of scheduling). Nothing waits for real
// time; the clock jumps from event to event.
class EventQueue {
 public:
  using Action = std::function<void()>;

  Instant now() const { return now_; }

  // Runs `action` at `due`, or as the next thing if that has passed.
  void at(Instant due, Action action) {
    events_.emplace(std::pair(std::max(due, now_), next_++), std::move(action));
  }
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

  // When the next event is due; nothing if none waits.
  std::optional<Instant> next_due() const {
    if (events_.empty()) return std::nullopt;
    return events_.begin()->first.first;
  }

  // Runs all events that are due up to `until`, and moves the clock there.
  void run_until(Instant until) {
    while (!events_.empty() && events_.begin()->first.first <= until) run_next();
    now_ = std::max(now_, until);
  }

  std::uint64_t events_run() const { return events_run_; }

 private:
  void run_next() {
    auto event = events_.extract(events_.begin());
    now_ = event.key().first;
    ++events_run_;
    event.mapped()();
  }

  Instant now_{seconds(1)};
  std::uint64_t next_ = 0;
  std::uint64_t events_run_ = 0;
  std::map<std::pair<Instant, std::uint64_t>, Action> events_;
};

// A node's clock. The time of day is set wrongly on purpose, differently on each node: nothing that
// is checked may depend on it.
class VirtualClock final : public ports::Clock {
 public:
  VirtualClock(const EventQueue& events, milliseconds wall_offset)
      : events_(events), wall_offset_(wall_offset) {}

  Instant now() const override { return events_.now(); }
  WallTime wall_now() const override {
    return {duration_cast<milliseconds>(events_.now().since_start) + wall_offset_};
  }

 private:
  const EventQueue& events_;
  const milliseconds wall_offset_;
};

// Everything that is left to chance in a run comes from its seed (splitmix64).
class SeededRandom final : public ports::Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() override {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  bool chance(std::uint64_t percent) { return below(100) < percent; }

  Duration between(Duration low, Duration high) {
    const auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
    return low + Duration(static_cast<Duration::rep>(below(span)));
  }

 private:
  std::uint64_t state_;
};

}  // namespace syncline::world
