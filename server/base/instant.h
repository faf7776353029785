#pragma once

#include <chrono>
#include <compare>

namespace syncline {

using Duration = std::chrono::nanoseconds;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A point on the monotonic clock of one process. Deadlines and latencies are made of these; it
// never jumps, and says nothing about the time of day. Comes only from ports::Clock.
struct Instant {
  Duration since_start{0};

  friend auto operator<=>(const Instant&, const Instant&) = default;
  friend Instant operator+(Instant at, Duration by) { return {at.since_start + by}; }
  friend Instant operator-(Instant at, Duration by) { return {at.since_start - by}; }
  friend Duration operator-(Instant a, Instant b) { return a.since_start - b.since_start; }

  static constexpr Instant never() { return {Duration::max()}; }
};

// The time of day, which people set forwards and back. It is shown and stored as information; no
// merge, order or expiry of data depends on it (design promise P2).
struct WallTime {
  milliseconds since_epoch{0};

  friend auto operator<=>(const WallTime&, const WallTime&) = default;
};

}  // namespace syncline
