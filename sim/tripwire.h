#pragma once

namespace syncline::sim {

// While one lives, the program is inside a run: whatever touches a real clock, a thread, the
// system's random numbers or a socket ends the process and says what it was. Armed in executables
// that contain tripwire.cc, at most one at a time.
class Tripwire {
 public:
  Tripwire() { armed = true; }
  ~Tripwire() { armed = false; }

  Tripwire(const Tripwire&) = delete;
  Tripwire& operator=(const Tripwire&) = delete;

  static inline constinit bool armed = false;
};

}  // namespace syncline::sim
